"""Sentence pairs that are others in each epoch: what is cut is fixed, where it is cut is drawn.

A document is cut into stretches before training. What becomes of one depends on nothing but the
`rng` that it is given: not on the order of examples, nor on batches, workers and processes.
"""

from collections.abc import Iterator, Sequence
from random import Random
from typing import NamedTuple, Protocol, TypeVar

from scratch_bert.pretraining.corpus.documents import Sentence
from scratch_bert.pretraining.pairs import (
    Pair,
    chunk_end,
    concatenated,
    draw_split,
    random_segment,
    target_length,
    truncate,
)

_SHORT = 0.1  # the share of documents whose stretches are shorter than need be

Row = TypeVar("Row", covariant=True)


class Rows(Protocol[Row]):
    """What is read from its place when it is asked for; a list will do as well."""

    def __len__(self) -> int:
        """How many there are."""
        ...

    def __getitem__(self, number: int, /) -> Row:
        """Read one."""
        ...


Documents = Rows[Sequence[Sentence]]


class Segment(NamedTuple):
    """Consecutive sentences of a document.

    Attributes:
        document: its number.
        begin: number of the first sentence.
        end: of the one after the last.
        wanted: tokens that it was to have; it may have more, and fewer where the document ends.
    """

    document: int
    begin: int
    end: int
    wanted: int


def stretches(
    document: int, lengths: Sequence[int], room: int, rng: Random, *, shifted: bool = False
) -> Iterator[Segment]:
    """Cut a document into stretches; each sentence is in one.

    Args:
        document: its number.
        lengths: tokens of its sentences.
        room: tokens of a stretch, without special ones; at least 2.
        rng: draws whether they are shorter.
        shifted: the first is of any length, so that the others begin elsewhere.
    """
    usual, begin = target_length(room, _SHORT, rng), 0
    wanted = rng.randint(2, usual) if shifted else usual
    while begin < len(lengths):
        end = chunk_end(lengths, begin, wanted)
        yield Segment(document, begin, end, wanted)
        wanted, begin = usual, end


def dynamic_pair(documents: Documents, stretch: Segment, room: int, rng: Random) -> Pair:
    """Cut a stretch in two; in place of the second part a random one of another document may come.

    Args:
        documents: of the stretch and of random ones; where there is one only, both are of it.
        stretch: what is cut.
        room: tokens of a pair, without [CLS] and [SEP].
        rng: what draws.
    """
    number, begin, end, wanted = stretch
    sentences = documents[number][begin:end]
    cut, is_random = draw_split(len(sentences), rng)
    first, second = (concatenated(part) for part in (sentences[:cut], sentences[cut:]))
    if is_random:
        others = len(documents) - 1
        other = (number + rng.randint(1, others)) % len(documents) if others else number
        second = random_segment(documents[other], wanted - len(first), rng)
    truncate(first, second, room, rng)
    return Pair(first, second, is_random)


def full_sentences(documents: Documents, stretch: Segment, room: int, rng: Random) -> list[int]:
    """Return a stretch as it is, for inputs without pairs (RoBERTa: arXiv:1907.11692, 4.2)."""
    number, begin, end, _ = stretch
    ids = concatenated(documents[number][begin:end])
    truncate(ids, [], room, rng)
    return ids
