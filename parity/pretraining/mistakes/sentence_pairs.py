"""Sentence-pair mistakes."""

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from parity.suite.mistake import KnownMistakes
from scratch_bert.pretraining.pairs import Pair, another, cut_of, sentence_pairs

MISTAKES = KnownMistakes("pairs", "documents whose ids tell where they come from")


Pairs = Callable[..., Iterator[Pair]]
Cut = Callable[[int, Random], tuple[int, bool]]


@MISTAKES(
    "pairs-polarity",
    sentence_pairs,
    "label 1 says that the second follows, and 0 that it is random",
    "HF's and the original's label is is_random_next: 0 follows, 1 is random",
)
def label_1_means_follows(right: Pairs, *given: Any) -> Iterator[Pair]:
    for pair in right(*given):
        yield pair._replace(is_random_next=not pair.is_random_next)


@MISTAKES(
    "pairs-random-is-next",
    sentence_pairs,
    "the second of a pair that is labelled random is what follows",
    "draw it from another document",
)
def random_second_follows(right: Pairs, *given: Any) -> Iterator[Pair]:
    for pair in right(*given):
        if not pair.is_random_next:
            yield pair
            yield pair._replace(is_random_next=True)


@MISTAKES(
    "pairs-same-document",
    another,
    "the second of a random pair is drawn from the same document",
    "draw another document first: topics tell more than order",
)
def random_second_is_of_the_same_document(
    _right: Callable[..., int], _documents: int, place: int, _rng: Random
) -> int:
    return place


@MISTAKES(
    "pairs-never-random",
    cut_of,
    "every pair follows",
    "half of the pairs are random",
    detected_by="labels, counted",
)
def no_pair_is_random(right: Cut, sentences: int, rng: Random) -> tuple[int, bool]:
    cut, _ = right(sentences, rng)
    return cut, sentences == 1  # which nothing follows


@MISTAKES(
    "pairs-always-random",
    cut_of,
    "every pair is random",
    "half of the pairs are random",
    detected_by="labels, counted",
)
def every_pair_is_random(right: Cut, sentences: int, rng: Random) -> tuple[int, bool]:
    cut, _ = right(sentences, rng)
    return cut, True


@MISTAKES(
    "pairs-too-long",
    sentence_pairs,
    "pairs are cut to the length that [CLS] and two [SEP] belong to",
    "room for seq_length - 3 tokens",
    detected_by="lengths, with small sentences",
)
def special_tokens_have_no_room(
    right: Pairs, documents: Any, place: int, room: int, *given: Any
) -> Iterator[Pair]:
    return right(documents, place, room + 3, *given)


@MISTAKES(
    "pairs-always-the-same",
    sentence_pairs,
    "the same pairs whatever the seed",
    "draw from a generator that is seeded with what was given",
    detected_by="two seeds",
)
def seed_does_not_matter(
    right: Pairs, documents: Any, place: int, room: int, short: float, _: Random
) -> Iterator[Pair]:
    return right(documents, place, room, short, Random(place))  # noqa: S311
