"""Mistakes of the labels of the pieces of a word."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from parity.core.mistake import Mistake
from parity.suite.mistake import instead
from parity.suite.training_runs import IGNORED

Row = dict[str, list[int]]
OUTSIDE = "O"


class Encoded(NamedTuple):
    """A sentence's tokens.

    Attributes:
        ids: with [CLS] and [SEP].
        words: which word each is of; None for [CLS] and [SEP].
    """

    ids: list[int]
    words: list[int | None]


Encode = Callable[[Sequence[str], int | None], Encoded]


def align(
    encode: Encode,
    sentence: Sequence[str],
    tags: Sequence[str],
    labels: Sequence[str],
    max_length: int,
    *,
    goes_on: Callable[[str], str] = lambda _: "",
    special: str = "",
    last: bool = False,
    counts: bool = False,
    shifted: bool = False,
    slices: bool = False,
    order: Callable[[Sequence[str]], Sequence[str]] = lambda labels: labels,
) -> Row:
    """Label the tokens of a sentence.

    Args:
        encode: tokenises words; with None it truncates nothing.
        sentence: words.
        tags: one for each.
        labels: all tags, by their numbers.
        max_length: tokens at most.
        goes_on: the tag of a piece that goes on with a word of a tag; "" has none.
        special: the tag of [CLS] and [SEP]; "" is none.
        last: whether a word's last piece has its tag, not the first.
        counts: whether words are counted as they come, not asked for their number.
        shifted: whether labels begin at [CLS].
        slices: whether a row that is too long is cut anywhere.
        order: of the labels' numbers.
    """
    ids, words = encode(sentence, None if slices else max_length)
    ids, words = ids[:max_length], words[:max_length]
    numbers = {tag: number for number, tag in enumerate(order(labels))}
    present = [*dict.fromkeys(word for word in words if word is not None)]
    found = []
    for place, word in enumerate(words):
        beside = words[place + 1 : place + 2] if last else words[place - 1 : place]
        if word is None:
            tag = special
        else:
            own = tags[present.index(word) if counts else word]
            tag = own if word not in beside else goes_on(own)
        found.append(numbers[tag] if tag else IGNORED)
    return {"input_ids": ids, "labels": [*found[1:], IGNORED] if shifted else found}


def _inside(tag: str) -> str:
    return f"I-{tag[2:]}" if tag.startswith("B-") else tag


_SENTENCES = "sentences with long words, with words that have no token, and longer than max_length"
_FIRST = "a word's first piece has its tag, all other tokens -100 (run_ner.py)"


def _align(name: str, description: str, fix: str = _FIRST, **parts: Any) -> Mistake:
    return instead("align", f"align-{name}", description, fix, detected_by=_SENTENCES, **parts)


MISTAKES = (
    _align("every-piece", "all pieces of a word have its tag", goes_on=lambda tag: tag),
    _align("inside", "pieces that go on with a word have its I- tag", goes_on=_inside),
    _align("pieces-outside", "pieces that go on with a word are O", goes_on=lambda _: OUTSIDE),
    _align("specials-outside", "[CLS] and [SEP] are O", special=OUTSIDE),
    _align("last-piece", "a word's last piece has its tag", last=True),
    _align(
        "by-order",
        "tags are dealt out to the words that have tokens, one after the other",
        "tags[word_id]: a word of control characters has no token",
        seen="zip(tags, first pieces)",
        counts=True,
    ),
    _align("from-cls", "labels begin at [CLS], one token too early", shifted=True),
    _align(
        "without-sep",
        "a long sentence is cut with its [SEP]",
        "truncation=True and max_length, in the tokenizer",
        seen="ids[:max_length]",
        slices=True,
    ),
    _align(
        "sorted",
        "tags are numbered by the alphabet",
        "the numbers that are given: the model's label2id",
        order=sorted,
    ),
)
