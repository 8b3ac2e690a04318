"""Caches that forget, a table of characters that may refuse, a trie."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scratch_bert.tokenization.fast import caches
from scratch_bert.tokenization.fast.caches import KEPT, Remembered, ReordersError, Spelling, Trie
from scratch_bert.tokenization.normalizer import Normalizer

STEM = "\U0001d165"  # of a musical note: kept, and trades places with its neighbors


def counted(size):
    asked = []
    return Remembered(lambda key: asked.append(key) or key * 2, size), asked


def test_each_result_is_computed_once_while_it_is_remembered():
    doubled, asked = counted(size=2)
    for key in "abab":
        assert doubled[key] == key * 2
    assert asked == ["a", "b"]


def test_the_older_half_is_dropped_when_it_is_full():
    doubled, asked = counted(size=4)
    for key in "abcdae":
        assert doubled[key] == key * 2
    assert list(doubled) == ["c", "d", "e"]
    assert doubled["a"] == "aa"
    assert asked == ["a", "b", "c", "d", "e", "a"]


@given(st.text("abcdefgh", max_size=60), st.integers(1, 4))
def test_results_never_change_and_sizes_are_bounded(keys, size):
    doubled, _ = counted(size)
    for key in keys:
        assert doubled[key] == key * 2
        assert len(doubled) <= size


def test_an_empty_result_is_a_result():
    asked = []
    nothing = Remembered(lambda key: asked.append(key) or (), size=2)
    assert [nothing[key] for key in ("a", "b", "a")] == [(), (), ()]
    assert asked == ["a", "b"]


def test_long_keys_are_not_kept():
    doubled, asked = counted(size=9)
    for key in ("x" * KEPT, "y" * (KEPT + 1)) * 2:
        assert doubled[key] == key * 2
    assert list(doubled) == ["x" * KEPT]
    assert len(asked) == 3


@pytest.mark.parametrize(
    ("text", "apart", "plain"),
    [
        ("aZ", "az", "az"),
        ("é\u0301\u200b\x00", "e", "e"),
        ("!", " ! ", "!"),
        ("\u2260", " = ", "="),  # punctuation only when decomposed
        ("東\u00a0", " 東  ", " 東  "),
        ("한", "\u1112\u1161\u11ab", "\u1112\u1161\u11ab"),
        ("\u0130", "i", "i"),
    ],
)
def test_spelling(text, apart, plain):
    assert text.translate(Spelling(Normalizer(), apart=True)) == apart
    assert text.translate(Spelling(Normalizer(), apart=False)) == plain


def test_a_character_is_normalized_once():
    asked = []

    class Counting(Normalizer):
        def normalize(self, text):
            asked.append(text)
            return super().normalize(text)

    spelling = Spelling(Counting(), apart=True)
    assert "éaé".translate(spelling) == "eae"
    assert "aé".translate(spelling) == "ae"
    assert asked == ["é", "a"]


def test_a_character_that_moves_is_refused_each_time_where_accents_go():
    spelling = Spelling(Normalizer(), apart=False)
    for _ in range(2):
        with pytest.raises(ReordersError):
            f"a{STEM}".translate(spelling)
    cased = Spelling(Normalizer(lowercase=False), apart=False)
    assert f"A\u0323{STEM}".translate(cased) == f"A\u0323{STEM}"


def test_the_table_of_characters_is_bounded(monkeypatch):
    monkeypatch.setattr(caches, "CHARACTERS", 3)
    spelling = Spelling(Normalizer(), apart=True)
    for char in "abcdéfgab!":
        assert char.translate(spelling) == Normalizer().normalize(char).text.replace("!", " ! ")
        assert 0 < len(spelling) <= 3


def test_trie():
    pieces = Trie({"a": 1, "ab": 2, "cd": 0, "abc": 3, "": 7})
    for _ in range(2):
        assert pieces.get("a") == {"": 1, "b": {"": 2, "c": {"": 3}}}
        assert pieces.get("c") == {"d": {"": 0}}
        assert pieces.get("b") is None
    assert Trie({}).get("a") is None


def test_a_trie_nests_what_it_is_asked_for_only():
    class Counting(dict):
        def __getitem__(self, piece):
            asked.append(piece)
            return super().__getitem__(piece)

    asked = []
    pieces = Trie(Counting({"a": 1, "b": 2, "bc": 3}))
    assert asked == []
    for _ in range(2):
        pieces.get("b")
    assert asked == ["b", "bc"]
