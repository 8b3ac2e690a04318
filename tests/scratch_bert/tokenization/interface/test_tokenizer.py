"""Every option of a call, what it refuses, and hostile texts."""

from itertools import product

import numpy as np
import pytest
import torch

from scratch_bert.tokenization import BertTokenizer, TokenizerSettings

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "un", "##aff", "##able", "a", "b", "!", "x"]
VOCABULARY = {word: i for i, word in enumerate(WORDS)}
PAD, UNK, CLS, SEP, MASK, UN, AFF, ABLE, A, B, MARK, X = range(12)


def make(**settings):
    return BertTokenizer(TokenizerSettings(VOCABULARY, **settings))


TOKENIZER = make()


def ids(*arguments, **options):
    return TOKENIZER(*arguments, **options)["input_ids"]


def test_a_single_text():
    assert TOKENIZER("Unaffable!") == {
        "input_ids": [CLS, UN, AFF, ABLE, MARK, SEP],
        "token_type_ids": [0] * 6,
        "attention_mask": [1] * 6,
    }
    assert ids("") == [CLS, SEP]


def test_a_batch():
    assert TOKENIZER(["a", "b b"]) == {
        "input_ids": [[CLS, A, SEP], [CLS, B, B, SEP]],
        "token_type_ids": [[0] * 3, [0] * 4],
        "attention_mask": [[1] * 3, [1] * 4],
    }
    assert ids(["a"]) == [[CLS, A, SEP]]


def test_a_pair():
    pair = TOKENIZER("a", "b b")
    assert pair["input_ids"] == [CLS, A, SEP, B, B, SEP]
    assert pair["token_type_ids"] == [0, 0, 0, 1, 1, 1]
    for spelled in ([("a", "b b")],), ([["a", "b b"]],), (["a"], ["b b"]):
        assert TOKENIZER(*spelled) == {name: [column] for name, column in pair.items()}
    assert ids([("a", "b"), "x"]) == [[CLS, A, SEP, B, SEP], [CLS, X, SEP]]


def test_an_empty_second_text():
    assert ids("a", "") == [CLS, A, SEP]
    assert ids(["a"], [""]) == ids([("a", "")]) == [[CLS, A, SEP, SEP]]


def test_without_special_tokens():
    assert ids("a", "b", add_special_tokens=False) == [A, B]
    assert TOKENIZER("a", "b", add_special_tokens=False)["token_type_ids"] == [0, 1]


def test_words():
    batch = TOKENIZER(["unaff", "", "a!"], is_split_into_words=True, return_offsets_mapping=True)
    assert batch["input_ids"] == [CLS, UN, AFF, A, MARK, SEP]
    assert batch.word_ids() == [None, 0, 0, 2, 2, None]
    assert batch["offset_mapping"] == [(0, 0), (0, 2), (2, 5), (0, 1), (1, 2), (0, 0)]
    assert batch.tokens()[1:3] == ["un", "##aff"]
    pair = TOKENIZER(["a"], ["b", "x"], is_split_into_words=True)
    assert pair["input_ids"] == [CLS, A, SEP, B, X, SEP]
    assert pair.word_ids() == [None, 0, None, 0, 1, None]
    rows = ids([["a", "[MASK]"], ["b"]], is_split_into_words=True)
    assert rows == [[CLS, A, MASK, SEP], [CLS, B, SEP]]


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize(
    ("options", "length"),
    [
        ({"padding": True}, 4),
        ({"padding": "longest"}, 4),
        ({"padding": "longest", "pad_to_multiple_of": 3}, 6),
        ({"padding": "max_length", "max_length": 5}, 5),
        ({"padding": "max_length", "max_length": 5, "pad_to_multiple_of": 4}, 8),
    ],
)
def test_padding(side, options, length):
    names = ("special_tokens_mask", "offsets_mapping", "length")
    asked = {f"return_{name}": True for name in names}
    batch = TOKENIZER(["a", "b b"], padding_side=side, **options, **asked)
    short, n = [CLS, A, SEP], length - 3

    def padded(column, filler):
        return [filler] * n + column if side == "left" else column + [filler] * n

    assert batch["input_ids"][0] == padded(short, PAD)
    assert batch["attention_mask"][0] == padded([1] * 3, 0)
    assert batch["token_type_ids"][0] == [0] * length
    assert batch["special_tokens_mask"][0] == padded([1, 0, 1], 1)
    assert batch["offset_mapping"][0] == padded([(0, 0), (0, 1), (0, 0)], (0, 0))
    assert batch["length"] == [length] * 2
    sided = make(padding_side=side)
    assert sided(["a", "b b"], **options)["input_ids"] == batch["input_ids"]


@pytest.mark.parametrize("padding", [False, "do_not_pad"])
def test_no_padding(padding):
    rows = ids(["a", "b b"], padding=padding, pad_to_multiple_of=8)
    assert rows == [[CLS, A, SEP], [CLS, B, B, SEP]]


@pytest.mark.parametrize(
    ("options", "row"),
    [
        ({"max_length": 6}, [A, SEP, B, B]),
        ({"max_length": 6, "truncation": True}, [A, SEP, B, B]),
        ({"max_length": 7, "truncation": "longest_first"}, [A, X, SEP, B, B]),
        ({"max_length": 7, "truncation": "only_first"}, [A, SEP, B, B, B]),
        ({"max_length": 7, "truncation": "only_second"}, [A, X, A, SEP, B]),
        ({"max_length": 6, "truncation": False}, [A, X, A, SEP, B, B, B]),
        ({"max_length": 6, "truncation": "do_not_truncate"}, [A, X, A, SEP, B, B, B]),
        ({"max_length": 6, "padding": True}, [A, X, A, SEP, B, B, B]),
        ({"truncation": True}, [A, X, A, SEP, B, B, B]),
        ({"max_length": 3}, [SEP]),
    ],
)
def test_truncation(options, row):
    assert ids("a x a", "b b b", **options) == [CLS, *row, SEP]


def test_the_side_that_is_cut_off_and_the_length_are_the_attributes():
    tokenizer = make(truncation_side="left", model_max_length=3)
    assert tokenizer("a b", truncation=True)["input_ids"] == [CLS, B, SEP]
    assert len(tokenizer("a b")["input_ids"]) == 4
    tokenizer.truncation_side, tokenizer.model_max_length = "right", 4
    assert tokenizer("a b x", truncation=True)["input_ids"] == [CLS, A, B, SEP]
    tokenizer.padding_side = "left"
    assert tokenizer("a", padding="max_length")["input_ids"] == [PAD, CLS, A, SEP]


def test_overflow_of_a_text():
    asked = {"return_overflowing_tokens": True, "return_offsets_mapping": True, "padding": True}
    batch = TOKENIZER(["a b x", "b"], truncation=True, max_length=4, stride=1, **asked)
    assert batch["input_ids"] == [[CLS, A, B, SEP], [CLS, B, X, SEP], [CLS, B, SEP, PAD]]
    assert batch["overflow_to_sample_mapping"] == [0, 0, 1]
    assert batch["offset_mapping"][1][1:3] == [(2, 3), (4, 5)]
    assert [len(batch.tokens(i)) for i in range(3)] == [4, 4, 4]
    single = TOKENIZER("a b", max_length=3, return_overflowing_tokens=True)
    assert single["input_ids"] == [[CLS, A, SEP], [CLS, B, SEP]]
    assert single["overflow_to_sample_mapping"] == [0, 0]
    assert "overflow_to_sample_mapping" not in TOKENIZER("a b", max_length=3)
    assert len(TOKENIZER("a b", max_length=3).encodings) == 1


def test_overflow_of_a_pair():
    batch = TOKENIZER("a x", "b !", max_length=5, return_overflowing_tokens=True)
    pairs = [(A, B), (X, B), (X, MARK), (A, MARK)]
    assert batch["input_ids"] == [[CLS, a, SEP, b, SEP] for a, b in pairs]


COLUMNS = ["input_ids", "token_type_ids", "attention_mask", "special_tokens_mask", "offset_mapping"]


def test_columns_on_request():
    names = ("token_type_ids", "attention_mask", "special_tokens_mask", "offsets_mapping")
    for wanted in product((True, False), repeat=4):
        options = {f"return_{name}": want for name, want in zip(names, wanted, strict=True)}
        asked = [name for name, want in zip(COLUMNS, (True, *wanted), strict=True) if want]
        assert list(TOKENIZER("a", **options)) == asked
    assert list(TOKENIZER("a")) == COLUMNS[:3]
    masked = TOKENIZER("a [MASK]", return_special_tokens_mask=True)
    assert masked["special_tokens_mask"] == [1, 0, 0, 1]
    assert TOKENIZER("a b", return_length=True)["length"] == [4]
    named = make(model_input_names=("input_ids", "attention_mask"))
    assert list(named("a")) == ["input_ids", "attention_mask"]
    assert "token_type_ids" in named("a", return_token_type_ids=True)


def test_special_tokens_in_a_text():
    assert ids("[MASK]a [mask]") == [CLS, MASK, A, UNK, UNK, UNK, SEP]
    assert ids("[MASK]", split_special_tokens=True) == [CLS, UNK, UNK, UNK, SEP]
    assert TOKENIZER("[MASK]", split_special_tokens=True).word_ids() == [None, 0, 1, 2, None]
    as_text = make(split_special_tokens=True)
    assert as_text.tokenize("[MASK]") == ["[UNK]"] * 3
    assert as_text.tokenize("[MASK]", split_special_tokens=False) == ["[MASK]"]
    words = TOKENIZER(["[MASK]"], is_split_into_words=True, split_special_tokens=True)
    assert words.tokens()[1:-1] == ["[UNK]"] * 3


@pytest.mark.parametrize(("kind", "dtype"), [("np", np.dtype("int64")), ("pt", torch.int64)])
def test_tensors(kind, dtype):
    names = ("offsets_mapping", "length", "overflowing_tokens")
    asked = {f"return_{name}": True for name in names}
    batch = TOKENIZER(["a b", "x"], padding=True, return_tensors=kind, **asked)
    assert {name: tuple(column.shape) for name, column in batch.items()} == {
        **dict.fromkeys(COLUMNS[:3], (2, 4)),
        "offset_mapping": (2, 4, 2),
        "length": (2,),
        "overflow_to_sample_mapping": (2,),
    }
    assert {column.dtype for column in batch.values()} == {dtype}
    assert batch["input_ids"].tolist() == [[CLS, A, B, SEP], [CLS, X, SEP, PAD]]
    assert ids("a", return_tensors=kind).tolist() == [[CLS, A, SEP]]  # a text alone is a batch too
    with pytest.raises(ValueError, match=r"rows have 3 to 4 tokens.*pass padding=True"):
        TOKENIZER(["a", "a b"], return_tensors=kind)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (("a",), {"max_length": 1}, "max_length is 1, expected at least 2, for the special tokens"),
        (("a", "b"), {"max_length": 2}, "max_length is 2, expected at least 3"),
        ((["a", ("a", "b")],), {"max_length": 2}, "max_length is 2, expected at least 3"),
        (("a b x",), {"max_length": 4, "stride": 2}, "stride is 2, expected less than the 2"),
        (("a",), {"max_length": 4, "stride": 3}, "stride is 3, expected 0 to 2"),
        (("a", "b"), {"max_length": 4, "truncation": "only_first"}, "that text has 1 pieces"),
        (("a b",), {"max_length": 3, "truncation": "only_second"}, "there is no second text"),
        (("a",), {"padding_side": "links"}, "padding_side is 'links', expected 'left' or 'right'"),
        (("a",), {"padding": "x"}, "padding is 'x', expected a bool"),
        (("a",), {"return_tensors": "tf"}, "return_tensors is 'tf', expected 'pt' or 'np'"),
        (([],), {}, "there are no texts"),
        ((None,), {}, "text is None, expected a text"),
    ],
)
def test_what_is_refused(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        TOKENIZER(*arguments, **options)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (("a", ["b"]), {}, r"text_pair is \['b'\], expected a text"),
        ((["a", "b\ud83d"],), {}, r"text 1 has a lone surrogate, U\+D83D, at character 1"),
        (("a b",), {"is_split_into_words": True}, "text is 'a b', expected a list of words"),
    ],
)
def test_what_is_no_text(arguments, options, message):
    with pytest.raises(TypeError, match=message):
        TOKENIZER(*arguments, **options)


def test_a_short_length_is_enough_without_special_tokens():
    assert ids("a b", max_length=1, add_special_tokens=False) == [A]


def test_encode_tokenize_and_their_kin():
    assert TOKENIZER.encode("a", "b") == [CLS, A, SEP, B, SEP]
    assert TOKENIZER.encode("a b", add_special_tokens=False, max_length=1) == [A]
    assert TOKENIZER.encode("a", return_tensors="np").tolist() == [[CLS, A, SEP]]
    assert TOKENIZER.tokenize("Unaff a", "b") == ["un", "##aff", "a", "b"]
    assert TOKENIZER.tokenize("a", add_special_tokens=True) == ["[CLS]", "a", "[SEP]"]
    assert TOKENIZER.num_special_tokens_to_add() == 2
    assert TOKENIZER.num_special_tokens_to_add(pair=True) == 3


def test_special_tokens_have_the_names_and_ids_of_the_settings():
    named = make(cls_token="x", sep_token="!", pad_token="un")  # noqa: S106
    assert named("a", padding="max_length", max_length=4)["input_ids"] == [X, A, MARK, UN]
    assert named("a").tokens() == ["x", "a", "!"]


def test_rules_are_those_of_the_settings():
    assert make(lowercase=False).tokenize("A") == ["[UNK]"]
    assert make(strip_accents=False).tokenize("á") == ["[UNK]"]
    assert make(split_cjk=False).tokenize("東京") == ["[UNK]"]
    with pytest.raises(ValueError, match="the vocabulary lacks its unk_token, <u>"):
        make(unk_token="<u>")  # noqa: S106


def test_a_truncation_side_that_is_none_is_refused():
    with pytest.raises(ValueError, match="truncation_side is 'links', expected"):
        make(truncation_side="links")("a b", max_length=3)


MARKS = "\u0301\u302e\u0323\U0001d165"  # the second and the last stay, the last goes first
HOSTILE = {
    "one word": ("a" * 300_000, [UNK], [(0, 300_000)]),
    "one word beyond ASCII": ("é" * 300_000, [UNK], [(0, 300_000)]),
    "marks of four classes": (f"a{MARKS * 25_000}", [UNK], [(0, 75_001)]),
    "NULs": ("\0" * 1_000_000, [], []),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts(name):
    text, found, offsets = HOSTILE[name]
    batch = TOKENIZER(text, add_special_tokens=False, return_offsets_mapping=True)
    assert (batch["input_ids"], batch["offset_mapping"]) == (found, offsets)


def test_a_hundred_thousand_special_tokens():
    batch = TOKENIZER("[MASK]" * 100_000, add_special_tokens=False, return_offsets_mapping=True)
    assert batch["input_ids"] == [MASK] * 100_000
    assert batch["offset_mapping"][-1] == (599_994, 600_000)
