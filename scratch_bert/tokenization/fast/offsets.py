"""A chunk's pieces without the place of the chunk in its text, so that they can be remembered.

Each offset is kept as its distance from the one before it. Then the pieces of chunks that follow
each other are simply joined, and a running sum gives the offsets in the text.
"""

from collections.abc import Iterable, Sequence
from itertools import accumulate, compress, pairwise
from sys import intern
from typing import Any, NamedTuple

from scratch_bert.tokenization.interface.pieces import Details
from scratch_bert.tokenization.pipeline import Piece


class ChunkPieces(NamedTuple):
    """A chunk's pieces.

    >>> first = chunk_pieces([Piece(7, "un", 0, 2, 0), Piece(8, "##do", 2, 4, 0)], length=5)
    >>> first.tokens, list(first.distances), list(first.words)
    (('un', '##do', ''), [0, 2, 0, 2, 1, 0], [1, 0, 0])
    >>> details_of(joined([first, first])).offsets
    ((0, 2), (2, 4), (5, 7), (7, 9))

    Attributes:
        ids: of the pieces.
        tokens: the pieces; an empty last one stands for characters at the end without a piece.
        distances: two for each piece, from the end before it to its start, and to its end.
        words: 1 where a word begins, else 0.
    """

    ids: Sequence[int]
    tokens: Sequence[str]
    distances: Sequence[int]
    words: Sequence[int]


def chunk_pieces(pieces: Iterable[Piece], length: int) -> ChunkPieces:
    """Measure a chunk's pieces.

    Args:
        pieces: in order, with offsets in the chunk.
        length: of the chunk, in characters.
    """
    ids, tokens, offsets, numbers = [], [], [0], [-1]
    for piece in pieces:
        ids.append(piece.id)
        tokens.append(intern(piece.token))  # one string for all chunks
        offsets += (piece.start, piece.end)
        numbers.append(piece.word)
    if offsets[-1] != length:
        ids.append(-1)
        tokens.append("")
        offsets += (length, length)
        numbers.append(numbers[-1])
    distances = [b - a for a, b in pairwise(offsets)]
    fit_in_bytes = all(0 <= distance < 256 for distance in distances)  # which take less memory
    words = bytes([b - a for a, b in pairwise(numbers)])
    return ChunkPieces(
        tuple(ids), tuple(tokens), bytes(distances) if fit_in_bytes else distances, words
    )


def joined(chunks: Iterable[ChunkPieces]) -> ChunkPieces:
    """Join chunks that follow each other."""
    ids: list[int] = []
    tokens: list[str] = []
    distances: list[int] = []
    words: list[int] = []
    for chunk in chunks:
        ids += chunk.ids
        tokens += chunk.tokens
        distances += chunk.distances
        words += chunk.words
    return ChunkPieces(ids, tokens, distances, words)


def details_of(row: ChunkPieces) -> Details:
    """Turn distances into offsets in the text, and beginnings of words into numbers of words."""
    offsets, words = accumulate(row.distances), accumulate(row.words, initial=-1)
    next(words)
    columns: list[Iterable[Any]] = [row.ids, row.tokens, zip(offsets, offsets, strict=True), words]
    if "" in row.tokens:
        columns = [compress(column, row.tokens) for column in columns]
    return Details(*map(tuple, columns))
