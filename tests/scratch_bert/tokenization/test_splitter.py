"""Words and punctuation marks, and their places in the original text."""

import pytest

from scratch_bert.tokenization.normalizer import Normalized, Normalizer
from scratch_bert.tokenization.splitter import Word, words

UNCASED = Normalizer()


def texts(text):
    return [word.text for word in words(UNCASED.normalize(text))]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        (" \t\n\r\u00a0\u3000 ", []),
        ("Hello, World!", ["hello", ",", "world", "!"]),
        ("a\u2028b", ["a", "b"]),
        ("a\x0bb\x1cc\x85d", ["abcd"]),
        ("東京タワー", ["東", "京", "タワー"]),
        ("$1.50+2^3=`x`|~", ["$", "1", ".", "50", *"+2^3=`x`|~"]),
        ("x≠y", ["x", "=", "y"]),
        ("«quoted»", ["«", "quoted", "»"]),
        ("5€", ["5€"]),
        ("...", [".", ".", "."]),
    ],
)
def test_words(text, found):
    assert texts(text) == found


def test_origins_are_cut_with_the_text():
    found = words(Normalized("ab, c", [3, 5, 6, 7, 9]))
    assert found == [Word("ab", [3, 5]), Word(",", [6]), Word("c", [9])]


def test_a_last_mark_lies_outside_and_an_inner_one_inside():
    first, second = words(UNCASED.normalize("Cafe\u0301 e\u0301te\u0301"))
    assert (first.origins[0], first.origins[-1] + 1) == (0, 4)
    assert (second.origins[0], second.origins[-1] + 1) == (6, 10)
