"""Every character of Unicode is cleaned, split and placed as by the reference."""

from functools import cache

import pytest
import tokenizers
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import AddedToken, PreTokenizedString, Tokenizer
from tokenizers.models import WordLevel
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

from parity.tokenizer.adversarial_texts import scalars
from scratch_bert.tokenization.normalizer import Normalizer
from scratch_bert.tokenization.splitter import words
from scratch_bert.tokenization.unicode import tables
from scratch_bert.tokenization.unicode.characters import (
    is_punctuation,
    is_strippable,
    is_word_character,
    lowered,
    order,
    without_accents,
)

# The rest is unassigned or for private use. One configuration shows that no step but cleaning does
# anything there, and the generator's --check that the tables for added tokens have nothing there.
ASSIGNED = [*scalars(last=0x3FFFF), *scalars(0xE0000, 0xE0FFF)]
CONFIGURATIONS = {
    "uncased": Normalizer(),
    "cased": Normalizer(lowercase=False),
    "accents kept": Normalizer(strip_accents=False),
    "accents only": Normalizer(lowercase=False, strip_accents=True),
    "ideographs together": Normalizer(split_cjk=False),
}
AGREEMENT = (
    f"the tables are those of tokenizers {tables.TOKENIZERS}, installed is "
    f"{tokenizers.__version__}; `python tools/generate_unicode_tables.py --check` names the "
    "tables that differ"
)


@cache
def hard():
    """What moves, what vanishes, what becomes several, what is cut off, and what looks like it."""
    moving = [char for char in ASSIGNED if order(char)]
    return [
        [char for char in moving if without_accents(char)],
        moving,
        [c for c in ASSIGNED if len(without_accents(c)) > 1 and not "\uac00" <= c <= "\ud7a3"],
        [char for char in ASSIGNED if not without_accents(char)],
        [char for char in ASSIGNED if lowered(char) != char],
        [char for char in ASSIGNED if is_punctuation(char)],
        list("a \t\n\x00\x0b\x85\u200b\u3000\ufffd한각東\ufa10\U0002b81f\U0002b820\U0002b920≠Σİ"),
    ]


def their_normalizer(ours):
    return BertNormalizer(
        handle_chinese_chars=ours.split_cjk,
        strip_accents=ours.strip_accents,
        lowercase=ours.lowercase,
    )


def their_words(normalizer, text, single=False):
    """Words and their places; or each character of the normalized text as if it were a word."""
    found = PreTokenizedString(text)
    found.normalize(their_normalizer(normalizer).normalize)
    if single:
        found.split(lambda _, part: [part[i : i + 1] for i in range(len(part.normalized))])
    else:
        BertPreTokenizer().pre_tokenize(found)
    return [(word, place) for word, place, _ in found.get_splits("original", "char")]


def our_words(normalizer, text):
    found = words(normalizer.normalize(text))
    return [(word, (origins[0], origins[-1] + 1)) for word, origins in found]


def assert_same(ours, theirs, text):
    """Fail with the first word that differs, not with a million of them."""
    for our, their in zip(ours, theirs, strict=False):
        near = ascii(text[max(0, their[1][0] - 3) : their[1][1] + 3][:40])
        assert our == their, f"{our!a} is {their!a}, near {near}; {AGREEMENT}"
    assert len(ours) == len(theirs), AGREEMENT


every_configuration = pytest.mark.parametrize(
    "normalizer", CONFIGURATIONS.values(), ids=CONFIGURATIONS.keys()
)


@pytest.mark.slow
@every_configuration
def test_every_character_beside_the_next(normalizer):
    """Takes seconds: up to 1,112,064 characters in a row, their words and where they stand."""
    text = "".join(scalars() if normalizer == Normalizer() else ASSIGNED)
    assert_same(our_words(normalizer, text), their_words(normalizer, text), text)


@pytest.mark.sample(5)
@every_configuration
@pytest.mark.parametrize("context", ["a{}b ", " {}", "{}\u0301 "], ids=ascii)
def test_every_hard_character_in_context(normalizer, context):
    text = "".join(map(context.format, sorted(set().union(*hard()))))
    assert normalizer.normalize(text).text == their_normalizer(normalizer).normalize_str(text), (
        AGREEMENT
    )
    assert_same(our_words(normalizer, text), their_words(normalizer, text), text)


@settings(max_examples=400)
@given(
    st.sampled_from(list(CONFIGURATIONS.values())),
    st.text(st.deferred(lambda: st.one_of(*map(st.sampled_from, hard()))), max_size=12),
)
def test_hard_characters_together(normalizer, text):
    normalized, origins = normalizer.normalize(text)
    ours = [(char, (o, o + 1)) for char, o in zip(normalized, origins, strict=True)]
    assert_same(ours, their_words(normalizer, text, single=True), text)
    assert_same(our_words(normalizer, text), their_words(normalizer, text), text)


def places(line, **options):
    """Where added tokens stand in each text that `line` makes of a character.

    A hundred texts at a time, with a character between them that is neither word nor space.
    """
    tokenizer = Tokenizer(WordLevel({"[UNK]": 0}, unk_token="[UNK]"))  # noqa: S106
    tokenizer.add_special_tokens([AddedToken("[Q]", normalized=False, **options)])
    step, width = 100, len(line.format("-")) + 1
    for start in range(0, len(ASSIGNED), step):
        chars = ASSIGNED[start : start + step]
        found = {char: [] for char in chars}
        encoding = tokenizer.encode("".join(line.format(char) + "-" for char in chars))
        for token, (first, end) in zip(encoding.ids, encoding.offsets, strict=True):
            if token == 1:
                index, place = divmod(first, width)
                found[chars[index]].append((place, end - index * width))
        yield from found.items()


def test_what_a_single_word_may_stand_beside():
    beside = {True: [], False: [(0, 3), (4, 7)]}
    for char, found in places("[Q]{}[Q]", single_word=True):
        assert found == beside[is_word_character(char)], f"U+{ord(char):04X}; {AGREEMENT}"


@pytest.mark.slow
def test_what_a_token_strips():
    stripped = {True: [(0, 4), (5, 9)], False: [(0, 3), (6, 9)]}
    for char, found in places("[Q]{0}-{0}[Q]", lstrip=True, rstrip=True):
        assert found == stripped[is_strippable(char)], f"U+{ord(char):04X}; {AGREEMENT}"
