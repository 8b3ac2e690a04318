"""Sentence-pair mistakes."""

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from parity.suite.mistake import KnownMistakes
from scratch_bert.pretraining.pairs import Pair, draw_other_document, draw_split, sentence_pairs

MISTAKES = KnownMistakes("pairs", "documents whose ids tell where they come from")


Pairs = Callable[..., Iterator[Pair]]
Cut = Callable[[int, Random], tuple[int, bool]]


@MISTAKES(
    "pairs-polarity",
    sentence_pairs,
    "HF's and the original's label is is_random_next: 0 follows, 1 is random",
)
def label_1_means_follows(right: Pairs, *given: Any) -> Iterator[Pair]:
    """Label 1 says that the second follows, and 0 that it is random."""
    for pair in right(*given):
        yield pair._replace(is_random_next=not pair.is_random_next)


@MISTAKES("pairs-random-is-next", sentence_pairs, "draw it from another document")
def random_second_follows(right: Pairs, *given: Any) -> Iterator[Pair]:
    """The second of a pair that is labeled random is what follows."""
    for pair in right(*given):
        if not pair.is_random_next:
            yield pair
            yield pair._replace(is_random_next=True)


@MISTAKES(
    "pairs-same-document",
    draw_other_document,
    "draw another document first: topics tell more than order",
)
def random_second_is_of_the_same_document(
    _right: Callable[..., int], _documents: int, place: int, _rng: Random
) -> int:
    """The second of a random pair is drawn from the same document."""
    return place


@MISTAKES("pairs-never-random", draw_split, "half of the pairs are random", "labels, counted")
def no_pair_is_random(right: Cut, sentences: int, rng: Random) -> tuple[int, bool]:
    """Every pair follows."""
    cut, _ = right(sentences, rng)
    return cut, sentences == 1  # which nothing follows


@MISTAKES("pairs-always-random", draw_split, "half of the pairs are random", "labels, counted")
def every_pair_is_random(right: Cut, sentences: int, rng: Random) -> tuple[int, bool]:
    """Every pair is random."""
    cut, _ = right(sentences, rng)
    return cut, True


@MISTAKES(
    "pairs-too-long",
    sentence_pairs,
    "room for seq_length - 3 tokens",
    "lengths, with small sentences",
)
def special_tokens_have_no_room(
    right: Pairs, documents: Any, place: int, room: int, *given: Any
) -> Iterator[Pair]:
    """Pairs are cut to the length that [CLS] and two [SEP] belong to."""
    return right(documents, place, room + 3, *given)


@MISTAKES(
    "pairs-always-the-same",
    sentence_pairs,
    "draw from a generator that is seeded with what was given",
    "two seeds",
)
def seed_does_not_matter(
    right: Pairs, documents: Any, place: int, room: int, short: float, _: Random
) -> Iterator[Pair]:
    """The same pairs whatever the seed."""
    return right(documents, place, room, short, Random(place))  # noqa: S311
