"""The fast path is the readable one: for hard texts, long ones, forgotten ones, and in threads."""

import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import product
from threading import Barrier
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scratch_bert.tokenization.fast import caches, path
from scratch_bert.tokenization.fast.path import BLOCK, FastPath
from scratch_bert.tokenization.files.settings import AddedToken, TokenizerSettings
from scratch_bert.tokenization.files.vocabulary import SPECIAL
from scratch_bert.tokenization.interface.pieces import Details
from scratch_bert.tokenization.interface.tokenizer import BertTokenizer
from scratch_bert.tokenization.normalizer import Normalizer
from scratch_bert.tokenization.pipeline import Pipeline

WORDS = [
    "a", *SPECIAL, "##a", "ab", "##ab", "abaa", "b", "e", "É", "i", "ς", "東", "!", "#", "##", "",
]  # fmt: skip
VOCABULARY = {word: i for i, word in enumerate(WORDS)}  # 0 is an id as others are

TONE, STEM, DOT, NOTE = "\u302e", "\U0001d165", "\U0001d16d", "\U0001d15e"  # they trade places
HARD = (
    "aAbB7_#![-'$`<> \t\n\r\x0b\x0c\x1c\x1f\x85\xa0\u1680\u2003\u2028\u202f\u3000\x00\x01\x7f\xad"
    "\u180e\u200b\ufeff\ufffd\ue000\u0301\u0323\u0307\u0344\u034f\u3099\u1b44éÉİΣςßẞǅ≠\u037e\u1fef"
    "\u0387東塚\ufa10\U0002b820\U0002b920\U0002f800かカ한\u1112\u1161\u11ab😀€、。\u2329\u0e33"
    + TONE + STEM + DOT + NOTE
)  # fmt: skip
PARTS = [
    "ab",
    "abaa",
    "[MASK]",
    "[mask]",
    "<r>",
    " <l>",
    "ab ab",
    "ÁB",
    "a" * 100,
    "é" * 101,
    "한" * 34,
]
TEXTS = st.lists(
    st.sampled_from(HARD) | st.sampled_from(PARTS) | st.characters(exclude_categories=["Cs"]),
    max_size=25,
).map("".join)

RAW = (
    AddedToken("[MASK]", special=True),
    AddedToken("<l>", lstrip=True, normalized=False),
    AddedToken("<r>", rstrip=True, normalized=False),
    AddedToken("aa", single_word=True, normalized=False),
)
NORMALIZED = (
    AddedToken("ÁB", single_word=True),
    AddedToken("ab ab", lstrip=True, rstrip=True),
    AddedToken("東", special=True, normalized=True),
)
ADDED = {"none": (), "raw": RAW, "normalized": NORMALIZED, "both": RAW + NORMALIZED}
NORMALIZERS = [
    Normalizer(*options) for options in product((True, False), (None, True, False), (True, False))
]


@cache
def paths(normalizer=NORMALIZERS[0], added="both"):
    tokens = dict(enumerate(ADDED[added], start=40))
    pipeline = Pipeline(VOCABULARY, "[UNK]", normalizer, tokens)
    return pipeline, FastPath(pipeline)


def read(pipeline, text, split=False):
    """Ids and details by the readable path."""
    pieces = list(pipeline.pieces(text, split))
    ids = [piece.id for piece in pieces]
    return ids, Details(
        tuple(ids),
        tuple(piece.token for piece in pieces),
        tuple((piece.start, piece.end) for piece in pieces),
        tuple(piece.word for piece in pieces),
    )


def assert_same(text, pipeline, fast, split=False):
    ids, details = read(pipeline, text, split)
    assert fast.ids(text, split) == ids
    assert fast.details(text, split) == details


@settings(max_examples=300)
@given(TEXTS, st.sampled_from(NORMALIZERS), st.sampled_from(list(ADDED)), st.booleans())
def test_hard_texts(text, normalizer, added, split):
    assert_same(text, *paths(normalizer, added), split)


@pytest.mark.slow
@settings(max_examples=300)
@given(TEXTS, st.sampled_from(NORMALIZERS), st.sampled_from(list(ADDED)), st.integers(1, 9))
def test_hard_texts_in_small_blocks_and_chunks(text, normalizer, added, size):
    with mock.patch.multiple(path, BLOCK=size, KEPT=size), mock.patch.object(caches, "KEPT", size):
        assert_same(text, *paths(normalizer, added))


@pytest.mark.parametrize("normalizer", [NORMALIZERS[0], Normalizer(lowercase=False)])
def test_each_hard_character_between_two_others(normalizer):
    for char in HARD:
        assert_same(f"a{char}b {char} [MASK]{char}", *paths(normalizer, "raw"))


UNITS = ["ab é ", "\u3000", "\u0301", f"a{TONE}{STEM}", "\x00a", "\x0ba ", "éb東", "한!", "<r> <l>"]


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("normalizer", [Normalizer(), Normalizer(False, None, split_cjk=False)])
def test_a_text_of_several_blocks(unit, normalizer, monkeypatch):
    monkeypatch.setattr(path, "BLOCK", 64)
    assert_same(f"a{unit * 150}", *paths(normalizer, "raw"))


@pytest.mark.sample(1)
@pytest.mark.parametrize("unit", ["ab", "!#", "東京"])
def test_a_text_longer_than_a_true_block_without_a_space(unit):
    assert_same(f"a{unit * (BLOCK // 2 + 99)}", *paths(added="raw"))


TOKENS = ["[MASK]", " \t<l>", "<r> \n", " aa ", "-aa-", "áb", " ÁB ", "baa", "  ab\tab  ", "東"]


@pytest.mark.parametrize("token", TOKENS)
def test_an_added_token_at_the_end_of_a_block(token, monkeypatch):
    monkeypatch.setattr(path, "BLOCK", 16)
    for at, filler in product(range(8, 18), ("a", "a ", "é!", "東")):
        text = (filler * 16)[:at] + token + filler * 20
        assert_same(text, *paths())


@pytest.mark.sample(1)
@pytest.mark.parametrize("added", ["raw", "both"])
def test_added_tokens_at_the_end_of_a_true_block(added):
    tokens = " [MASK]  <l> <r>\t aa " + ("ab ab ÁB" if added == "both" else "")
    assert_same("a " * (BLOCK // 2 - 6) + tokens + " ab!" * 99, *paths(added=added))


def sizes(fast):
    return [len(cache) for cache in (fast._chunk_ids, fast._word_ids, fast._chunk_pieces)]


LIMITS = {"CHUNKS": 90, "WORDS": 70, "DETAILS": 50}


@pytest.fixture
def forgetful(monkeypatch):
    """A pipeline and a fast path of small caches."""
    for name, limit in LIMITS.items():
        monkeypatch.setattr(path, name, limit)
    monkeypatch.setattr(caches, "CHARACTERS", 60)
    pipeline = paths(added="raw")[0]
    return pipeline, FastPath(pipeline)


def test_every_cache_is_bounded_and_forgetting_changes_nothing(forgetful):
    pipeline, fast = forgetful
    first = f"ab a1 é2 !É abaa東 {TONE}{STEM}"
    expected = read(pipeline, first)
    for many in ("a", "é", chr(0x4E00)):
        assert (fast.ids(first), fast.details(first)) == expected
        text = " ".join(f"{many}{i} {chr(0xAC00 + i)}" for i in range(200))
        assert_same(text, pipeline, fast)
        for size, limit in zip(sizes(fast), LIMITS.values(), strict=True):
            assert limit // 2 <= size <= limit
        assert 0 < len(fast._apart) <= 60 >= len(fast._plain) > 0
    assert (fast.ids(first), fast.details(first)) == expected


def test_long_chunks_are_not_kept(forgetful):
    _, fast = forgetful
    for text in ("a" * 41, "é" * 41):
        fast.ids(text)
        fast.details(text)
    assert sizes(fast) == [0] * 3


def test_a_result_is_nobody_elses():
    _, fast = paths(added="raw")
    for _ in range(2):
        fast.ids("ab a").append(7)
        details = fast.details("ab a")
        assert (fast.ids("ab a"), details) == (
            [7, 0],
            ((7, 0), ("ab", "a"), ((0, 2), (3, 4)), (0, 1)),
        )


TEXT = "Ab É! [MASK]東 \x0bİ ab ab" + TONE + STEM
CALLS = [
    ((TEXT,), {"return_offsets_mapping": True}),
    ((TEXT,), {"split_special_tokens": True, "padding": "max_length", "max_length": 40}),
    (([TEXT, "a"],), {"padding": True, "padding_side": "left"}),
    ((TEXT, "a b"), {"max_length": 9, "stride": 1, "return_overflowing_tokens": True}),
    ((["ab", "É"],), {"is_split_into_words": True, "return_special_tokens_mask": True}),
]


def result(tokenizer, call):
    batch = tokenizer(*call[0], **call[1])
    return batch.data, [(row.tokens, row.offsets, row.word_ids) for row in batch.encodings]


def tokenizer():
    made = BertTokenizer(TokenizerSettings(VOCABULARY))
    made.add_tokens(list(NORMALIZED))
    return made


def test_a_call_leaves_no_state():
    fresh = [result(tokenizer(), call) for call in CALLS]
    one = tokenizer()
    for order in (CALLS, CALLS[::-1], CALLS):
        assert [result(one, call) for call in order] == [fresh[CALLS.index(call)] for call in order]


def test_threads_share_a_tokenizer(monkeypatch):
    """With caches so small that each thread drops what the other one remembered."""
    expected = [result(tokenizer(), call) for call in CALLS]
    for name in ("CHUNKS", "WORDS", "DETAILS"):
        monkeypatch.setattr(path, name, 2)
    monkeypatch.setattr(caches, "CHARACTERS", 3)
    one, start = tokenizer(), Barrier(2)

    def run(order):
        start.wait()
        return [result(one, CALLS[i]) for i in order * 40]

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(2) as pool:
            found = list(pool.map(run, ([0, 1, 2, 3, 4], [4, 3, 2, 1, 0])))
    finally:
        sys.setswitchinterval(interval)
    assert found == [expected * 40, expected[::-1] * 40]
