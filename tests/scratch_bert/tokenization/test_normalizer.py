"""Cleaning, accents, case and splitting."""

import pytest

from scratch_bert.tokenization.normalizer import Normalizer

UNCASED, CASED = Normalizer(), Normalizer(lowercase=False)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        (" \t\n\r\u00a0\u3000 ", []),
        ("Hello, World!", ["hello", ",", "world", "!"]),
        ("Café", ["cafe"]),
        ("a\u0000b\u200bc\ufffdd", ["abcd"]),
        ("a\u2028b", ["a", "b"]),
        ("東京タワー", ["東", "京", "タワー"]),
        ("$1.50+2^3=`x`|~", ["$", "1", ".", "50", *"+2^3=`x`|~"]),
        ("ΟΔΟΣ", ["οδοσ"]),
        ("x≠y", ["x", "=", "y"]),
        ("«quoted»", ["«", "quoted", "»"]),
        ("5€", ["5€"]),
    ],
)
def test_uncased(text, words):
    assert UNCASED.words(text) == words


def test_cased_keeps_case_and_accents():
    assert CASED.words("Café, Österreich") == ["Café", ",", "Österreich"]


def test_accents_and_case_are_told_apart_where_asked():
    assert Normalizer(lowercase=False, strip_accents=True).words("Café") == ["Cafe"]
    assert Normalizer(lowercase=True, strip_accents=False).words("Café") == ["café"]


def test_chinese_may_stay_together():
    assert Normalizer(split_cjk=False).words("東京") == ["東京"]
