"""Single characters, at the edges of the tables and where Python's own answers differ."""

import sys

import pytest

from scratch_bert.tokenization.unicode import characters
from scratch_bert.tokenization.unicode.characters import (
    is_cjk,
    is_punctuation,
    is_removed,
    is_space,
    is_strippable,
    is_word_character,
    lowered,
    order,
    without_accents,
)


@pytest.mark.parametrize(
    ("question", "yes", "no"),
    [
        (is_removed, "\x00\x08\x0b\x0c\x0e\x1f\x7f\x85\xad\u180e\u200b\ue000\ufffd", "\t\n\r A"),
        (is_removed, "\U000f0000\U0010fffd", "\u0378\U000ffffe\U0010ffff"),  # unassigned are kept
        (is_space, "\t\n\r \xa0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000", "\x0b\x85\u200b"),
        (is_cjk, "\u3400\u4dbf\u4e00\u9fff\uf900\ufaff", "\u33ff\u4dc0\u4dff\ua000\uf8ff\ufb00"),
        (is_cjk, "\U0002a700\U0002b81f\U0002b920\U0002ceaf", "\U0002b820\U0002b91f\U0002ceb0"),
        (is_punctuation, "!/:@[`{~\xa1\u2014\u3001\U0001da8b", "09AZaz\x7f \xa2\u20ac\u2e43"),
        (is_word_character, "0_aé\u0301\u203f\u200d東\u24b6", " -'\u200b\xa0\u2460\u0378"),
        (is_strippable, "\t\x0b\x0c \x85\xa0\u3000", "\x1c\x1d\x1e\x1f\u180e\u200b\ufeff"),
    ],
)
def test_questions(question, yes, no):
    assert [c for c in yes if not question(c)] == []
    assert [c for c in no if question(c)] == []


@pytest.mark.parametrize("step", ["A", "Z", "\u00c0", "\u0100", "\u0178", "\u10a0", "\U00010400"])
def test_lower_case_that_every_unicode_knows(step):
    assert lowered(step) == step.lower() != step


@pytest.mark.parametrize(
    ("char", "small"),
    [
        ("a", "a"),
        ("\u0130", "i\u0307"),
        ("\u03a3", "\u03c3"),
        ("\u1e9e", "\u00df"),
        ("\u0101", "\u0101"),  # between two that change
        ("\ua7ce", "\ua7cf"),  # of Unicode 17.0
        ("\U00016ea0", "\U00016ebb"),
    ],
)
def test_lower_case(char, small):
    assert lowered(char) == small


@pytest.mark.parametrize(
    ("char", "left"),
    [
        ("é", "e"),
        ("ﬁ", "ﬁ"),  # a compatibility decomposition is none
        ("\u0344", ""),
        ("\u2260", "="),
        ("\u1fef", "`"),
        ("\u2001", "\u2003"),
        ("\u0ccb", "\u0cc2\u0cd5"),  # the first of three is nonspacing
        ("\U0001d160", "\U0001d158\U0001d165\U0001d16e"),
        ("\uac00", "\u1100\u1161"),
        ("\ud7a3", "\u1112\u1175\u11c2"),
        ("\U0002fa1d", "\U0002a600"),
        ("\u1c80", "\u1c80"),
        ("\U00011938", "\U00011938"),  # of Unicode 13.0: too young to be decomposed
    ],
)
def test_without_accents(char, left):
    assert without_accents(char) == left


def test_orders():
    assert order("a") == order("\u034f") == order("\u0f76") == 0
    assert order("\u0344") == order("\u0308") == order("\u0301")  # the order of its first part
    ascending = ["\u0334", "\u093c", "\u1b44", "\U0001d165", "\u0323", "\u302e", "\u0301", "\u0345"]
    assert sorted(ascending, key=order) == ascending
    assert len(set(map(order, ascending))) == len(ascending)


def test_eighty_three_characters_move_and_stay():
    every = map(chr, range(sys.maxunicode + 1))
    assert sum(order(char) > 0 and without_accents(char) != "" for char in every) == 83


def test_surrogates_are_characters_like_any_other():
    for name in ("is_removed", "is_space", "is_cjk", "is_punctuation", "is_word_character"):
        assert getattr(characters, name)("\ud800") is False
