"""Where the parts of sentence pairs come from, and how well they fill the room they have."""

from bisect import bisect
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from parity.suite.statistics import Measure, share

Pair = tuple[list[int], list[int], int]
Documents = Sequence[Sequence[Sequence[int]]]

_OF_THE_MEAN = 0.25
"""What counts as drawn: so much of the mean number of draws, which is 60 or more. Where all are as
likely, the rarest has half of it."""
_VARIED = 0.3
"""How many pairs of documents are met, of as many as are expected of independent draws: all, and
0.02 where one document decides which the other one is."""
_PACKS = 0.1  # of the pairs have several sentences in a part; else sentences are not joined
_LONG, _MOSTLY_LONG = 0.75, (0.7, 1.0)
"""A long pair fills three quarters of its room. In the original one document in ten has short
pairs, by chance another one in each of our seeds: over all seeds each document has mostly long
ones. Where nine in ten are short, 0.22 of the documents have."""
_AS_OFTEN = 0.5
"""Of full random pairs this many times as many need no cut as of full pairs that follow, at least,
and the reverse: 0.95 in the original, and 0.12 where a sentence is added to what is full."""


@dataclass(frozen=True)
class Places:
    """Where tokens stand, told by their ids.

    Attributes:
        documents: their sentences of ids, which count on inside a document.
    """

    documents: Documents

    @cached_property
    def _begins(self) -> list[int]:
        return [sentence[0] for document in self.documents for sentence in document]

    @cached_property
    def _ends(self) -> frozenset[int]:
        return frozenset(sentence[-1] for document in self.documents for sentence in document)

    @cached_property
    def _places(self) -> list[tuple[int, int]]:
        """Each sentence's document, and its own number there."""
        return [(d, s) for d, each in enumerate(self.documents) for s in range(len(each))]

    def sentence(self, token: int) -> tuple[int, int]:
        """Return a token's document and sentence, by their numbers."""
        return self._places[max(bisect(self._begins, token) - 1, 0)]

    def is_joined(self, pair: Pair) -> bool:
        """Whether a part has tokens of several sentences."""
        return any(self.sentence(part[0]) != self.sentence(part[-1]) for part in pair[:2])

    def is_whole(self, pair: Pair) -> bool:
        """Whether no sentence of a pair was cut."""
        places = [(part[0], part[-1]) for part in pair[:2]]
        starts = self._starts
        return all(begin in starts and end in self._ends for begin, end in places)

    @cached_property
    def _starts(self) -> frozenset[int]:
        return frozenset(self._begins)


def drawn_from(random: Sequence[Pair], places: Places) -> list[Measure]:
    """Measure from where random parts come: all documents and sentences are as likely."""
    begins = [places.sentence(second[0]) for _, second, _ in random]
    sentences = max(map(len, places.documents))
    both = Counter(
        (places.sentence(first[0])[0], document)
        for (first, _, _), (document, _) in zip(random, begins, strict=True)
    )
    number = len(places.documents) * (len(places.documents) - 1)
    expected = round(number * (1 - (1 - 1 / number) ** len(random)))
    return [
        _covered("documents that random parts come from", (d for d, _ in begins),
                 range(len(places.documents))),
        _covered("places in a document where random parts begin", (s for _, s in begins),
                 range(sentences)),
        share("different pairs of documents among random ones", min(len(both), expected), expected,
              _VARIED, 1),
    ]  # fmt: skip


def filled(whole: Sequence[Pair], places: Places, room: int) -> list[Measure]:
    """Measure how pairs fill their room, if sentences are joined at all.

    Args:
        whole: pairs of two parts.
        places: where their tokens stand.
        room: how many tokens a pair may have.
    """
    joined = [pair for pair in whole if places.is_joined(pair)]
    packs = len(joined) > _PACKS * len(whole)
    pairs = whole if packs else []
    lengths: dict[int, list[bool]] = {}
    for first, second, _ in pairs:
        long = len(first) + len(second) >= _LONG * room
        lengths.setdefault(places.sentence(first[0])[0], []).append(long)
    mostly = sum(2 * sum(long) > len(long) for long in lengths.values())
    full = [pair for pair in joined if packs and len(pair[0]) + len(pair[1]) == room]
    following, random = ([pair for pair in full if pair[2] == label] for label in (0, 1))
    uncut = [sum(map(places.is_whole, each)) for each in (following, random)]
    shares = [n / max(1, len(each)) for n, each in zip(uncut, (following, random), strict=True)]
    found = [
        share(f"documents whose pairs mostly fill {_LONG:.0%} of {room} tokens", mostly,
              len(lengths), *_MOSTLY_LONG),
        share(f"whether a pair of joined sentences fills all of {room} tokens", bool(full), packs),
        share("random pairs that are full without a cut", uncut[1], len(random),
              _AS_OFTEN * shares[0], 1),
        share("following pairs that are full without a cut", uncut[0], len(following),
              _AS_OFTEN * shares[1], 1),
    ]  # fmt: skip
    return [replace(measure, is_optional=not packs) for measure in found]


def _covered(name: str, drawn: Iterable[int], possible: Collection[int]) -> Measure:
    """Measure how many of what is possible is drawn, and not too rarely."""
    counts = Counter(drawn)
    least = _OF_THE_MEAN * counts.total() / len(possible)
    often = sum(counts[each] > least for each in possible)
    return share(name, often, len(possible) if counts else 0)
