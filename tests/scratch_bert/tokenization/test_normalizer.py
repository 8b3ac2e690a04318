"""Cleaning, ideographs, accents and case, and where each character came from."""

import pytest

from scratch_bert.tokenization.normalizer import Normalizer

UNCASED, CASED = Normalizer(), Normalizer(lowercase=False)

# The stem of a note, a Hangul tone mark, a flag and a Balinese virama move and are kept.
STEM, TONE, FLAG, VIRAMA = "\U0001d165", "\u302e", "\U0001d16e", "\u1b44"
DOT = "\U0001d16d"  # an augmentation dot, kept; goes after a dot below (U+0323), which is not


@pytest.mark.parametrize(
    ("text", "normalized"),
    [
        ("", ""),
        ("\t\n\r\u00a0\u3000", "     "),
        ("a\u0000b\u200bc\ufffdd\x0be", "abcde"),
        ("Café", "cafe"),
        ("ΟΔΟΣ", "οδοσ"),
        ("東京タワー", " 東  京 タワー"),
        ("\u2260", "="),
        ("\u0130", "i"),
        ("한", "\u1112\u1161\u11ab"),
        ("\ufa10", " 塚 "),  # separated, then decomposed
    ],
)
def test_uncased(text, normalized):
    assert UNCASED.normalize(text).text == normalized


def test_cased_keeps_case_and_accents():
    assert CASED.normalize("Café Österreich 한").text == "Café Österreich 한"


def test_accents_and_case_are_told_apart_where_asked():
    assert Normalizer(lowercase=False, strip_accents=True).normalize("Café").text == "Cafe"
    assert Normalizer(lowercase=True, strip_accents=False).normalize("CafÉ").text == "café"
    assert Normalizer(lowercase=True, strip_accents=False).normalize("\u0130").text == "i\u0307"


def test_accents_follow_case_unless_asked():
    assert [n.strips_accents for n in (UNCASED, CASED)] == [True, False]
    assert Normalizer(lowercase=False, strip_accents=True).strips_accents
    assert not Normalizer(lowercase=True, strip_accents=False).strips_accents


def test_chinese_may_stay_together():
    assert Normalizer(split_cjk=False).normalize("東京").text == "東京"


@pytest.mark.parametrize(
    ("text", "origins"),
    [
        ("", []),
        ("aé\u0301b", [0, 1, 3]),
        ("\u200ba\x00b", [1, 3]),
        ("a東b", [0, 1, 1, 1, 2]),
        ("한a", [0, 0, 0, 1]),
        ("\U0001d160", [0, 0, 0]),
    ],
)
def test_origins(text, origins):
    assert UNCASED.normalize(text).origins == origins


def test_two_of_one_come_from_one_place():
    assert Normalizer(strip_accents=False).normalize("a\u0130b").origins == [0, 1, 1, 2]


# Found by asking the reference: characters move, places stay, and a dropped mark has one too.
@pytest.mark.parametrize(
    ("text", "normalized", "origins"),
    [
        (f"a{TONE}{STEM}b", f"a{STEM}{TONE}b", [0, 1, 2, 3]),
        (f"a{TONE}\u0301{STEM}b", f"a{STEM}{TONE}b", [0, 1, 2, 4]),
        (f"a{DOT}\u0323{STEM}b", f"a{STEM}{DOT}b", [0, 1, 3, 4]),
        (f"a{TONE}\u0f73{STEM}b", f"a{STEM}{TONE}b", [0, 2, 3, 4]),
        (f"a{TONE}\u200b{STEM}b", f"a{STEM}{TONE}b", [0, 1, 3, 4]),
        (f"a{TONE}\u034f{STEM}b", f"a{TONE}{STEM}b", [0, 1, 3, 4]),  # a mark that blocks
        (f"\U0001d15e{VIRAMA}b", f"\U0001d157{VIRAMA}{STEM}b", [0, 1, 1, 2]),
        (f"{TONE}\U0001d15e", f"{TONE}\U0001d157{STEM}", [0, 1, 1]),
        (f"a{FLAG}{STEM}", f"a{FLAG}{STEM}", [0, 1, 2]),  # one class: none moves
    ],
)
def test_characters_that_move(text, normalized, origins):
    assert UNCASED.normalize(text) == (normalized, origins)


def test_nothing_moves_where_accents_stay():
    assert CASED.normalize(f"a{TONE}{STEM}").text == f"a{TONE}{STEM}"


def test_a_long_run_of_marks_takes_no_square_of_time():
    text = "a" + f"\u0301{TONE}\u0323{STEM}" * 25_000
    assert UNCASED.normalize(text).text == "a" + STEM * 25_000 + TONE * 25_000
