"""Mistakes of the labels of the pieces of a word."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from parity.suite.mistake import KnownMistakes
from parity.suite.training_runs import IGNORED
from scratch_bert.finetuning.tasks.features import Features
from scratch_bert.finetuning.tasks.token_classification import (
    OUTSIDE,
    TokenClassificationTask,
    token_labels,
)

MISTAKES = KnownMistakes(
    "align", "sentences with long words, with words that have no token, and longer than max_length"
)

_FIRST = "a word's first piece has its tag, all other tokens -100 (run_ner.py)"

Words = Sequence[int | None]  # of each token the number of its word
Names = Sequence[str]
Label = Callable[[Words, Names, Names], list[int]]
Featurize = Callable[..., Features]


def _with_further_pieces(
    tag_of: Callable[[str], str], right: Label, words: Words, tags: Names, labels: Names
) -> list[int]:
    """Label the further pieces of a word, too, by the word's tag."""
    found = right(words, tags, labels)
    for token, word in enumerate(words):
        if word is not None and found[token] == IGNORED:
            found[token] = labels.index(tag_of(tags[word]))
    return found


@MISTAKES("align-every-piece", token_labels, _FIRST)
def every_piece_has_the_tag(right: Label, words: Words, tags: Names, labels: Names) -> list[int]:
    """All pieces of a word have its tag."""
    return _with_further_pieces(str, right, words, tags, labels)


def _inside(tag: str) -> str:
    return f"I-{tag[2:]}" if tag.startswith("B-") else tag


@MISTAKES("align-inside", token_labels, _FIRST)
def further_pieces_are_inside(right: Label, words: Words, tags: Names, labels: Names) -> list[int]:
    """Further pieces of a word have its I- tag."""
    return _with_further_pieces(_inside, right, words, tags, labels)


@MISTAKES("align-pieces-outside", token_labels, _FIRST)
def further_pieces_are_outside(right: Label, words: Words, tags: Names, labels: Names) -> list[int]:
    """Further pieces of a word are O."""
    return _with_further_pieces(lambda _: OUTSIDE, right, words, tags, labels)


@MISTAKES("align-specials-outside", TokenClassificationTask.features, _FIRST)
def special_tokens_are_outside(right: Featurize, task: Any, *given: Any) -> Features:
    """[CLS] and [SEP] are O."""
    made = right(task, *given)
    for row in made.rows:
        row["labels"][[0, -1]] = task.labels.index(OUTSIDE)
    return made


@MISTAKES("align-last-piece", token_labels, _FIRST)
def last_piece_has_the_tag(right: Label, words: Words, tags: Names, labels: Names) -> list[int]:
    """A word's last piece has its tag."""
    return right(words[::-1], tags, labels)[::-1]


@MISTAKES(
    "align-by-order",
    token_labels,
    "tags[word_id]: a word of control characters has no token",
    seen="zip(tags, first pieces)",
)
def tags_are_dealt_out(right: Label, words: Words, tags: Names, labels: Names) -> list[int]:
    """Tags are dealt out to the words that have tokens, one after the other."""
    present = [*dict.fromkeys(word for word in words if word is not None)]
    numbers = [None if word is None else present.index(word) for word in words]
    return right(numbers, tags, labels)


@MISTAKES("align-from-cls", token_labels, _FIRST)
def labels_begin_at_cls(right: Label, words: Words, tags: Names, labels: Names) -> list[int]:
    """Labels begin at [CLS], one token too early."""
    return [*right(words, tags, labels)[1:], IGNORED]


@MISTAKES(
    "align-without-sep",
    TokenClassificationTask.features,
    "truncation=True and max_length, in the tokenizer",
    seen="ids[:max_length]",
)
def sep_is_cut_off(right: Featurize, *given: Any) -> Features:
    """A long sentence is cut with its [SEP]."""
    *texts, lengths = given
    whole = right(*texts, replace(lengths, max_length=sys.maxsize))
    rows = [{name: each[: lengths.max_length] for name, each in row.items()} for row in whole.rows]
    return replace(whole, rows=rows)


@MISTAKES("align-sorted", token_labels, "the numbers that are given: the model's label2id")
def tags_are_sorted(right: Label, words: Words, tags: Names, labels: Names) -> list[int]:
    """Tags are numbered by the alphabet."""
    return right(words, tags, sorted(labels))
