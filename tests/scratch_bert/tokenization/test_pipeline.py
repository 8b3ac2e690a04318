"""The readable path: pieces, their ids, their places in the text, their words."""

import pytest

from scratch_bert.tokenization.files.settings import AddedToken
from scratch_bert.tokenization.normalizer import Normalizer
from scratch_bert.tokenization.pipeline import Piece, Pipeline
from scratch_bert.tokenization.splitter import Word

WORDS = ["[UNK]", "un", "##aff", "##able", "a", "b", "!", "[", "]", "mask", "東", "new", "york"]
VOCABULARY = {word: i for i, word in enumerate(WORDS)}
MASK = AddedToken("[MASK]", special=True)


def pipeline(normalizer=None, **contents):
    """A pipeline with added tokens of ids 20, 21, and so on."""
    added = dict(enumerate(contents.get("added", [MASK]), start=20))
    return Pipeline(VOCABULARY, "[UNK]", normalizer or Normalizer(), added)


def pieces(text, *added, split_special_tokens=False):
    found = pipeline(added=added or [MASK]).pieces(text, split_special_tokens)
    return [(piece.token, piece.start, piece.end, piece.word) for piece in found]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        (" \u200b\n", []),
        ("Unaffable", [("un", 0, 2, 0), ("##aff", 2, 5, 0), ("##able", 5, 9, 0)]),
        ("aaff", [("a", 0, 1, 0), ("##aff", 1, 4, 0)]),
        ("a b!", [("a", 0, 1, 0), ("b", 2, 3, 1), ("!", 3, 4, 2)]),
        ("unstable a", [("[UNK]", 0, 8, 0), ("a", 9, 10, 1)]),
        ("x" * 101, [("[UNK]", 0, 101, 0)]),
        ("u\u0301n\u0301aff\u0301", [("un", 0, 3, 0), ("##aff", 4, 7, 0)]),
        ("u\u200bnaff", [("un", 0, 3, 0), ("##aff", 3, 6, 0)]),
        ("東a東", [("東", 0, 1, 0), ("a", 1, 2, 1), ("東", 2, 3, 2)]),
        ("한a", [("[UNK]", 0, 2, 0)]),
        ("a [MASK]b", [("a", 0, 1, 0), ("[MASK]", 2, 8, 1), ("b", 8, 9, 2)]),
        ("[mask]", [("[", 0, 1, 0), ("mask", 1, 5, 1), ("]", 5, 6, 2)]),
    ],
)
def test_pieces(text, found):
    assert pieces(text) == found


def test_special_tokens_may_be_text():
    assert pieces("[MASK]", split_special_tokens=True) == pieces("[mask]")
    town = AddedToken("New York")
    assert pieces("new york", town, split_special_tokens=True) == [("new york", 0, 8, 0)]
    special = AddedToken("New York", normalized=True, special=True)
    assert pieces("new york", special) == [("new york", 0, 8, 0)]
    assert len(pieces("new york", special, split_special_tokens=True)) == 2


def test_ids():
    found = list(pipeline().pieces("un! [MASK]xyz"))
    assert found[0] == Piece(1, "un", 0, 2, 0)
    assert [piece.id for piece in found] == [1, 6, 20, 0]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        # normalized, it is found in normalized text, and is what of that text it took
        ("a NÉW\tYork b", [("a", 0, 1, 0), ("new york", 2, 10, 1), ("b", 11, 12, 2)]),
        ("anew yorkb", [("a", 0, 1, 0), ("new york", 1, 9, 1), ("b", 9, 10, 2)]),
        ("new\u200b york!", [("new york", 0, 9, 0), ("!", 9, 10, 1)]),
        ("new  york", [("new", 0, 3, 0), ("york", 5, 9, 1)]),
        # a raw one is cut out first, and words are counted on
        ("new [MASK]york", [("new", 0, 3, 0), ("[MASK]", 4, 10, 1), ("york", 10, 14, 2)]),
        ("[MASK]new york", [("[MASK]", 0, 6, 0), ("new york", 6, 14, 1)]),
    ],
)
def test_a_token_that_is_normalized(text, found):
    assert pieces(text, AddedToken("Néw York"), MASK) == found


def test_a_token_that_is_not_normalized_is_found_as_it_is():
    raw = AddedToken("Un", normalized=False)
    assert pieces("un Un", raw) == [("un", 0, 2, 0), ("Un", 3, 5, 1)]


def test_an_added_token_takes_white_space_with_it():
    wide = AddedToken("[MASK]", special=True, lstrip=True, rstrip=True)
    assert pieces("a \t[MASK] \x0bb", wide) == [
        ("a", 0, 1, 0),
        (" \t[MASK] \x0b", 1, 11, 1),
        ("b", 11, 12, 2),
    ]
    town = AddedToken("New", lstrip=True, rstrip=True)
    assert pieces("a\u3000new\tb", town)[1] == (" new ", 1, 6, 1)


@pytest.mark.parametrize("content", ["\u200d", "\u0301", "\ufffd"])
def test_a_token_of_which_nothing_is_left(content):
    with pytest.raises(ValueError, match="nothing is left of the added token"):
        pipeline(added=[AddedToken(content)])
    assert pieces(f"a{content}", AddedToken(content, normalized=False))[1][0] == content


def test_between_added_tokens_only_the_normalized_are_found():
    between = pipeline(added=[MASK, AddedToken("New York")])
    assert [piece.id for piece in between.pieces_between("[MASK] new york")] == [7, 9, 8, 21]
    special = pipeline(added=[AddedToken("b", normalized=True, special=True)])
    assert [piece.id for piece in special.pieces_between("b")] == [20]
    assert [piece.id for piece in special.pieces_between("b", split_special_tokens=True)] == [5]


def test_cut_numbers_the_words_it_is_given():
    found = [(None, Word("unaff", [3, 4, 6, 7, 9])), (20, Word("[M]", range(5, 8)))]
    assert list(pipeline().cut(found)) == [
        Piece(1, "un", 3, 5, 0),
        Piece(2, "##aff", 6, 10, 0),
        Piece(20, "[M]", 5, 8, 1),
    ]


def test_the_normalizer_decides():
    assert [p.token for p in pipeline(Normalizer(lowercase=False)).pieces("A a")] == ["[UNK]", "a"]
    assert [p.token for p in pipeline(Normalizer(split_cjk=False)).pieces("東a")] == ["[UNK]"]
