"""Two stretches of text, and whether the second follows the first: next sentence prediction.

Paper: section 3.1, task 2. The draws come from one `random.Random` in the order of the original
(google-research/bert, create_pretraining_data.py), and so the same seed gives the same pairs.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from random import Random
from typing import NamedTuple

from scratch_bert.pretraining.corpus.documents import Sentence

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
    documents: Sequence[Sequence[Sentence]],
    place: int,
    room: int,
    short_seq_prob: float,
    rng: Random,
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
    lengths = [len(sentence) for sentence in document]
    wanted = wanted_length(room, short_seq_prob, rng)
    begin = 0
    while begin < len(document):
        end = stretch_end(lengths, begin, wanted)
        stretch = document[begin:end]
        cut, is_random = cut_of(len(stretch), rng)
        first, second = (joined(part) for part in (stretch[:cut], stretch[cut:]))
        begin = end
        if is_random:
            other = documents[another(len(documents), place, rng)]
            second = from_anywhere(other, wanted - len(first), rng)
            begin -= len(stretch) - cut  # what was not used is there for the next pair
        truncate(first, second, room, rng)
        yield Pair(first, second, is_random)


def wanted_length(room: int, short_seq_prob: float, rng: Random) -> int:
    """Draw how many tokens a document's stretches shall have: mostly as many as there is room."""
    return rng.randint(2, room) if rng.random() < short_seq_prob else room


def stretch_end(lengths: Sequence[int], begin: int, wanted: int) -> int:
    """Find the sentence that a stretch ends before: it is as long as wanted, or the text ends."""
    end, length = begin, 0
    while end < len(lengths) and length < wanted:
        length += lengths[end]
        end += 1
    return end


def cut_of(sentences: int, rng: Random) -> tuple[int, bool]:
    """Draw after how many sentences a stretch is cut, and whether a random one follows there."""
    cut = rng.randint(1, sentences - 1) if sentences >= 2 else 1
    return cut, sentences == 1 or rng.random() < 0.5


def another(documents: int, place: int, rng: Random) -> int:
    """Draw the number of another document, or after some tries of this one."""
    for _ in range(_TRIES):
        other = rng.randint(0, documents - 1)
        if other != place:
            break
    return other


def from_anywhere(document: Sequence[Sentence], wanted: int, rng: Random) -> list[int]:
    """Return a document's tokens from a sentence drawn at random on, as many as wanted or more."""
    found: list[int] = []
    for place in range(rng.randint(0, len(document) - 1), len(document)):
        found += document[place]
        if len(found) >= wanted:
            break
    return found


def truncate(first: list[int], second: list[int], room: int, rng: Random) -> None:
    """Take from the longer one, at its beginning or its end, until both fit."""
    while len(first) + len(second) > room:
        longer = first if len(first) > len(second) else second
        del longer[0 if rng.random() < 0.5 else -1]


def joined(sentences: Sequence[Sentence]) -> list[int]:
    """Put sentences in a row."""
    return list(chain.from_iterable(sentences))
