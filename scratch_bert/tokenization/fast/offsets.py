"""Pieces by their distances, which those of the next chunk can follow as they are."""

from collections.abc import Iterable, Sequence
from itertools import accumulate, compress, pairwise
from sys import intern
from typing import Any, NamedTuple

from scratch_bert.tokenization.interface.pieces import Details
from scratch_bert.tokenization.pipeline import Piece


class Steps(NamedTuple):
    """A chunk's pieces.

    >>> first = steps_of([Piece(7, "un", 0, 2, 0), Piece(8, "##do", 2, 4, 0)], length=5)
    >>> first.tokens, list(first.places), list(first.words)
    (('un', '##do', ''), [0, 2, 0, 2, 1, 0], [1, 0, 0])
    >>> details_of(in_a_row([first, first])).offsets
    ((0, 2), (2, 4), (5, 7), (7, 9))

    Attributes:
        ids: of the pieces.
        tokens: the pieces; where characters without one come last, "" stands behind them.
        places: for each from the end before to its start, and from there to its end.
        words: 1 where a word begins.
    """

    ids: Sequence[int]
    tokens: Sequence[str]
    places: Sequence[int]
    words: Sequence[int]


def steps_of(pieces: Iterable[Piece], length: int) -> Steps:
    """Measure a chunk's pieces.

    Args:
        pieces: in order, counted from its start.
        length: of the chunk, in characters.
    """
    ids, tokens, places, numbers = [], [], [0], [-1]
    for piece in pieces:
        ids.append(piece.id)
        tokens.append(intern(piece.token))  # one string for all chunks
        places += (piece.start, piece.end)
        numbers.append(piece.word)
    if places[-1] != length:
        ids.append(-1)
        tokens.append("")
        places += (length, length)
        numbers.append(numbers[-1])
    distances = [b - a for a, b in pairwise(places)]
    small = all(0 <= distance < 256 for distance in distances)
    words = bytes([b - a for a, b in pairwise(numbers)])
    steps = bytes(distances) if small else distances
    return Steps(tuple(ids), tuple(tokens), steps, words)


def in_a_row(chunks: Iterable[Steps]) -> Steps:
    """Make one of chunks that follow each other."""
    ids: list[int] = []
    tokens: list[str] = []
    places: list[int] = []
    words: list[int] = []
    for chunk in chunks:
        ids += chunk.ids
        tokens += chunk.tokens
        places += chunk.places
        words += chunk.words
    return Steps(ids, tokens, places, words)


def details_of(row: Steps) -> Details:
    """Walk a row: back to places in the text, and numbers of words."""
    places, words = accumulate(row.places), accumulate(row.words, initial=-1)
    next(words)
    columns: list[Iterable[Any]] = [row.ids, row.tokens, zip(places, places, strict=True), words]
    if "" in row.tokens:
        columns = [compress(column, row.tokens) for column in columns]
    return Details(*map(tuple, columns))
