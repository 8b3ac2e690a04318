"""Two stretches of text, and whether the second follows the first: next sentence prediction.

Paper: section 3.1, task 2. The draws come from one `random.Random` in the order of the original
(google-research/bert, create_pretraining_data.py), and so the same seed gives the same pairs.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from random import Random
from typing import NamedTuple

from scratch_bert.pretraining.documents import Document, Sentence

_TRIES = 10  # to draw another document; with few, the second stretch may be of the same one


class Pair(NamedTuple):
    """What becomes [CLS] first [SEP] second [SEP].

    Attributes:
        first: ids.
        second: ids of what follows, or of a place drawn at random.
        is_random_next: which of the two; the label, 1 means random as in HF.
    """

    first: list[int]
    second: list[int]
    is_random_next: bool


def sentence_pairs(
    documents: Sequence[Document], place: int, room: int, short_seq_prob: float, rng: Random
) -> Iterator[Pair]:
    """Cut a document into pairs that fill the room.

    A stretch of a single sentence has nothing that follows it, so more than half of the pairs are
    random. Who draws from `rng` between two pairs changes the second.

    Args:
        documents: where random stretches come from.
        place: of the document among them.
        room: tokens of a pair, without [CLS] and [SEP]; at least 2.
        short_seq_prob: how often a stretch is made for less room, so that short inputs are learnt.
        rng: what draws.
    """
    document = documents[place]
    wanted = room
    if rng.random() < short_seq_prob:
        wanted = rng.randint(2, room)
    begin = 0
    while begin < len(document):
        end, length = begin, 0
        while end < len(document) and length < wanted:
            length += len(document[end])
            end += 1
        stretch = document[begin:end]
        cut = rng.randint(1, len(stretch) - 1) if len(stretch) >= 2 else 1
        first, second = (_joined(part) for part in (stretch[:cut], stretch[cut:]))
        is_random = len(stretch) == 1 or rng.random() < 0.5
        begin = end
        if is_random:
            second = _from_elsewhere(documents, place, wanted - len(first), rng)
            begin -= len(stretch) - cut  # what was not used is there for the next pair
        _truncate(first, second, room, rng)
        yield Pair(first, second, is_random)


def _from_elsewhere(
    documents: Sequence[Document], place: int, wanted: int, rng: Random
) -> list[int]:
    for _ in range(_TRIES):
        other = rng.randint(0, len(documents) - 1)
        if other != place:
            break
    document = documents[other]
    found: list[int] = []
    for sentence in document[rng.randint(0, len(document) - 1) :]:
        found += sentence
        if len(found) >= wanted:
            break
    return found


def _truncate(first: list[int], second: list[int], room: int, rng: Random) -> None:
    """Take from the longer one, at its beginning or its end, until both fit."""
    while len(first) + len(second) > room:
        longer = first if len(first) > len(second) else second
        del longer[0 if rng.random() < 0.5 else -1]


def _joined(sentences: Sequence[Sentence]) -> list[int]:
    return list(chain.from_iterable(sentences))
