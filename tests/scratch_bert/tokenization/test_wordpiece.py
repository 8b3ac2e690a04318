"""The longest piece first, and words that stay unknown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scratch_bert.tokenization.wordpiece import wordpiece

VOCABULARY = {"un", "unaf", "##aff", "##able", "##a", "able", "a", "", "##", "x" * 101, "b##a"}


@pytest.mark.parametrize(
    ("word", "pieces"),
    [
        ("unaffable", None),  # "unaf" is longer than "un", and greed does not look back
        ("unable", ["un", "##able"]),
        ("able", ["able"]),
        ("aable", ["a", "##able"]),
        ("unx", None),
        ("xun", None),
        ("##a", ["##a"]),  # as a word, what begins with ## is a piece like others
        ("a##a", None),
        ("b##a", ["b##a"]),
        ("a" * 100, ["a"] + ["##a"] * 99),
        ("a" * 101, None),
        ("x" * 101, None),
        ("", []),
    ],
)
def test_wordpiece(word, pieces):
    assert wordpiece(word, VOCABULARY) == pieces


@given(st.text("abc", max_size=8), st.sets(st.text("abc#", min_size=1, max_size=4)))
def test_the_pieces_are_the_word_and_none_could_be_longer(word, vocabulary):
    pieces = wordpiece(word, vocabulary)
    if pieces is None:
        return
    assert vocabulary.issuperset(pieces)
    assert "".join([*pieces[:1], *(piece[2:] for piece in pieces[1:])]) == word
    rest = word
    for piece in pieces:
        prefix = "" if rest == word else "##"
        here = [n for n in range(1, len(rest) + 1) if prefix + rest[:n] in vocabulary]
        assert piece == prefix + rest[: max(here)]
        rest = rest[max(here) :]
