"""Sentence pairs for next sentence prediction: does the second segment follow the first?

Paper: section 3.1, task 2. The draws come from one `random.Random` in the order of the original
(google-research/bert, create_pretraining_data.py), and so the same seed gives the same pairs.

A document of three sentences beside one of two; sentences are lists of token ids:

>>> documents = [[[1, 2], [3], [4, 5, 6]], [[7, 8], [9]]]
>>> for pair in sentence_pairs(documents, 0, max_tokens=6, short_seq_prob=0.0, rng=Random(1)):
...     print(pair)
Pair(first=[1, 2], second=[9], is_random_next=True)
Pair(first=[3], second=[4, 5, 6], is_random_next=False)
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from random import Random
from typing import NamedTuple

from scratch_bert.pretraining.corpus.documents import Sentence

_TRIES = 10  # to draw another document; in a small corpus all ten may draw the same one


class Pair(NamedTuple):
    """Two segments of token ids, for [CLS] first [SEP] second [SEP].

    The label `is_random_next` is 1 for a random second segment, 0 for one that follows (as in HF).
    """

    first: list[int]
    second: list[int]
    is_random_next: bool


def sentence_pairs(
    documents: Sequence[Sequence[Sentence]],
    index: int,
    max_tokens: int,
    short_seq_prob: float,
    rng: Random,
) -> Iterator[Pair]:
    """Cut a document into pairs of up to `max_tokens` tokens.

    Each pair is drawn when it is asked for: other draws from `rng` in between change the next one.

    Args:
        documents: all documents; random segments come from the others.
        index: of the document among them.
        max_tokens: of a pair, without [CLS] and [SEP]; at least 2.
        short_seq_prob: probability of a shorter target length.
        rng: source of all draws.
    """
    document = documents[index]
    lengths = [len(sentence) for sentence in document]
    target = target_length(max_tokens, short_seq_prob, rng)
    begin = 0
    while begin < len(document):
        # A chunk of whole sentences, split in two; nothing is cut inside unless it is too long.
        end = chunk_end(lengths, begin, target)
        chunk = document[begin:end]
        split, is_random = draw_split(len(chunk), rng)
        first, second = concatenated(chunk[:split]), concatenated(chunk[split:])
        begin = end
        if is_random:
            other = documents[draw_other_document(len(documents), index, rng)]
            second = random_segment(other, target - len(first), rng)
            # The second part was not used. It begins the next pair, so no sentence is skipped.
            begin -= len(chunk) - split
        truncate(first, second, max_tokens, rng)
        yield Pair(first, second, is_random)


def target_length(max_tokens: int, short_seq_prob: float, rng: Random) -> int:
    """Draw the length of a document's pairs: mostly as long as possible, so little is padding.

    Some are shorter, because the inputs of most tasks are (the original: one document in ten).
    """
    return rng.randint(2, max_tokens) if rng.random() < short_seq_prob else max_tokens


def chunk_end(lengths: Sequence[int], begin: int, target: int) -> int:
    """Return where a chunk ends: after the sentence that reaches the target, or the last one."""
    end, length = begin, 0
    while end < len(lengths) and length < target:
        length += lengths[end]
        end += 1
    return end


def draw_split(sentences: int, rng: Random) -> tuple[int, bool]:
    """Draw how many sentences the first segment gets, and whether the second is a random one.

    Half are random, so that guessing is right half of the time. Nothing follows in a chunk of one
    sentence, so it needs a random one: of all pairs q + (1 - q) / 2 are random, where q is the
    share of such chunks.
    """
    split = rng.randint(1, sentences - 1) if sentences >= 2 else 1
    return split, sentences == 1 or rng.random() < 0.5


def draw_other_document(documents: int, index: int, rng: Random) -> int:
    """Draw the index of another document: a random segment of the same one might really follow."""
    for _ in range(_TRIES):
        other = rng.randint(0, documents - 1)
        if other != index:
            break
    return other


def random_segment(document: Sequence[Sentence], target: int, rng: Random) -> list[int]:
    """Return tokens from a random sentence of a document on, `target` or more if it has them."""
    found: list[int] = []
    for place in range(rng.randint(0, len(document) - 1), len(document)):
        found += document[place]
        if len(found) >= target:
            break
    return found


def truncate(first: list[int], second: list[int], max_tokens: int, rng: Random) -> None:
    """Remove tokens from a random end of the longer segment, in place, until both fit."""
    while len(first) + len(second) > max_tokens:
        longer = first if len(first) > len(second) else second
        # A random end, as in the original, so that the model meets segments that are cut at either.
        del longer[0 if rng.random() < 0.5 else -1]


def concatenated(sentences: Sequence[Sentence]) -> list[int]:
    """Concatenate the tokens of sentences."""
    return list(chain.from_iterable(sentences))
