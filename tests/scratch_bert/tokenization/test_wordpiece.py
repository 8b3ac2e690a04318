"""The longest piece first, and words that stay unknown."""

import pytest

from scratch_bert.tokenization.wordpiece import wordpiece

VOCABULARY = {"un", "unaf", "##aff", "##able", "##a", "able", "a", "x" * 101}


@pytest.mark.parametrize(
    ("word", "pieces"),
    [
        ("unaffable", None),  # "unaf" is longer than "un", and greed does not look back
        ("unable", ["un", "##able"]),
        ("able", ["able"]),
        ("aable", ["a", "##able"]),
        ("unx", None),
        ("a" * 100, ["a"] + ["##a"] * 99),
        ("a" * 101, None),
        ("x" * 101, None),
        ("", []),
    ],
)
def test_wordpiece(word, pieces):
    assert wordpiece(word, VOCABULARY) == pieces
