"""Which neighbours are one entity, and what is told of it, in plain code."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from parity.inference.right.classifying import Numbers


class Piece(NamedTuple):
    """A token, or a word that its tokens have become.

    Attributes:
        word: its text.
        scores: of each label.
        start: where it is in the text.
        end: where it ends.
        goes_on: whether it goes on with the word before it.
        token: which of its row it is; of a word, its first.
    """

    word: str
    scores: Numbers
    start: int
    end: int
    goes_on: bool
    token: int


class Labelled(NamedTuple):
    """A piece, and what it is.

    Attributes:
        piece: the piece.
        label: its likeliest label.
        score: that label's.
    """

    piece: Piece
    label: str
    score: np.floating


def kind(label: str) -> str:
    """Return what a label is of, without B- or I-."""
    return label[2:] if label.startswith(("B-", "I-")) else label


def goes_on(before: str, label: str) -> bool:
    """Whether a label is of the entity before it: it is of the same kind, and no beginning."""
    return kind(before) == kind(label) and not label.startswith("B-")


def mean(scores: Sequence[np.floating]) -> float:
    """Return the mean."""
    return float(np.mean(scores))


def joined(tokenizer: Any, words: Sequence[str]) -> str:
    """Make text of tokens: ## goes, and what follows it is of the same word."""
    return str(tokenizer.convert_tokens_to_string(list(words)))


def name_of(group: Sequence[Labelled]) -> str:
    """Name an entity by its first label, without its prefix."""
    return group[0].label.split("-", 1)[-1]


def place_of(group: Sequence[Labelled]) -> tuple[int, int]:
    """Return where an entity begins and ends."""
    return group[0].piece.start, group[-1].piece.end


def all_of_them(groups: list[list[Labelled]]) -> list[list[Labelled]]:
    """Return the entities as they are."""
    return groups
