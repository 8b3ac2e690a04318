"""A part of a long context, and stretches of it, in plain code."""

from typing import NamedTuple

import numpy as np

from parity.inference.right.classifying import Numbers
from parity.inference.right.machine import Row, Seen


class Window(NamedTuple):
    """A part of a context, behind its question.

    Attributes:
        row: as the model reads it.
        start_logits: of each token.
        end_logits: likewise.
    """

    row: Row
    start_logits: Numbers
    end_logits: Numbers


def window_of(seen: Seen, padded: bool) -> Window:
    """Make a window of what the model makes of it, with its padding or without."""
    row, ends = seen.row, ("start_logits", "end_logits")
    if not padded:
        return Window(row, *(seen.tokens(end).numpy() for end in ends))
    more = len(seen.output["start_logits"]) - len(row.ids)
    texts, offsets = row.texts + (None,) * more, row.offsets + ((0, 0),) * more
    row = row._replace(texts=texts, offsets=offsets)
    return Window(row, *(seen.output[end].numpy() for end in ends))


def in_the_context(window: Window, first: int, last: int, longest: int) -> bool:
    """Whether a stretch of tokens may be an answer."""
    texts = window.row.texts
    return texts[first] == texts[last] == 1 and 0 <= last - first < longest


def sum_of_logits(window: Window, first: int, last: int) -> np.floating:
    """Score a stretch."""
    return window.start_logits[first] + window.end_logits[last]


def in_characters(window: Window, first: int, last: int) -> tuple[int, int]:
    """Return where a stretch of tokens is in the context."""
    return window.row.offsets[first][0], window.row.offsets[last][1]
