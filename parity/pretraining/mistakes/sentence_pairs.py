"""Pairs of sentences, as they go wrong."""

from collections.abc import Iterable, Iterator
from itertools import chain
from random import Random

from parity.suite.mistake import instead

Pair = tuple[list[int], list[int], int]
Documents = list[list[list[int]]]


def sentence_pairs(
    documents: Documents,
    seq_length: int,
    seed: int,
    *,
    source: str = "another document",
    random_label: int = 1,
    likely: float = 0.5,
    reserved: int = 3,
    seeded: bool = True,
) -> Iterator[Pair]:
    """Cut documents into pairs as the paper says, in plain code.

    Args:
        documents: of sentences of ids; at least two.
        seq_length: of a pair with [CLS] and two [SEP].
        seed: of the draws.
        source: where the second of a random pair comes from.
        random_label: what says that it is one.
        likely: how often it is one.
        reserved: room for special tokens.
        seeded: whether the seed matters.
    """
    rng, room = Random(seed if seeded else 0), seq_length - reserved  # noqa: S311
    for number, document in enumerate(documents):
        begin = 0
        while begin + 1 < len(document):
            end, length = begin, 0
            while end < len(document) and (length < room or end < begin + 2):
                length += len(document[end])
                end += 1
            cut = rng.randint(begin + 1, end - 1)
            first, second = _joined(document[begin:cut]), _joined(document[cut:end])
            is_random = rng.random() < likely
            if is_random:
                second = _instead_of(second, source, documents, number, end, rng)
            while len(first) + len(second) > room:
                (first if len(first) > len(second) else second).pop()
            yield first, second, random_label if is_random else 1 - random_label
            begin = cut if is_random else end


def _instead_of(
    follows: list[int], source: str, documents: Documents, number: int, end: int, rng: Random
) -> list[int]:
    """The second of a random pair."""
    if source == "what follows":
        return follows
    others = [other for i, other in enumerate(documents) if i != number]
    if source == "the same document":
        document = documents[number][end:] + documents[number]
    else:
        document = rng.choice(others)
    start = rng.randrange(len(document))
    return _joined(document[start : start + 3])


def _joined(sentences: Iterable[list[int]]) -> list[int]:
    return list(chain.from_iterable(sentences))


_MANY = "documents whose ids tell where they come from"

MISTAKES = (
    instead(
        "pairs",
        "pairs-polarity",
        "label 1 says that the second follows, and 0 that it is random",
        "HF's and the original's label is is_random_next: 0 follows, 1 is random",
        detected_by=_MANY,
        random_label=0,
    ),
    instead(
        "pairs",
        "pairs-random-is-next",
        "the second of a pair that is labelled random is what follows",
        "draw it from another document",
        detected_by=_MANY,
        source="what follows",
    ),
    instead(
        "pairs",
        "pairs-same-document",
        "the second of a random pair is drawn from the same document",
        "draw another document first: topics tell more than order",
        detected_by=_MANY,
        source="the same document",
    ),
    instead(
        "pairs",
        "pairs-never-random",
        "every pair follows",
        "half of the pairs are random",
        detected_by="labels, counted",
        likely=0.0,
    ),
    instead(
        "pairs",
        "pairs-always-random",
        "every pair is random",
        "half of the pairs are random",
        detected_by="labels, counted",
        likely=1.0,
    ),
    instead(
        "pairs",
        "pairs-too-long",
        "pairs are cut to the length that [CLS] and two [SEP] belong to",
        "room for seq_length - 3 tokens",
        detected_by="lengths, with small sentences",
        reserved=0,
    ),
    instead(
        "pairs",
        "pairs-always-the-same",
        "the same pairs whatever the seed",
        "draw from a generator that is seeded with what was given",
        detected_by="two seeds",
        seeded=False,
    ),
)
