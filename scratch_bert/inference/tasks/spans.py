"""Start and end logits → answers (the rules of HF's run_qa, `postprocess_qa_predictions`).

A long context is several windows, each with logits of its own. An answer is a stretch of one of
them, from a likely start to a likely end; its score is the sum of the two logits. That nothing is
an answer has the score of [CLS] as start and end, the lowest of all windows: a window that does not
hold the answer should say so, but the one that holds it must not.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from scratch_bert.inference.run.scores import Numbers, softmax


class Window(NamedTuple):
    """A part of a context, behind the question.

    Attributes:
        offsets: where in the context each token is; None for the question and special tokens.
        start_logits: (seq).
        end_logits: (seq).
    """

    offsets: Sequence[tuple[int, int] | None]
    start_logits: Numbers
    end_logits: Numbers


class Answer(NamedTuple):
    """A stretch of a context.

    Attributes:
        score: its probability among those that are returned.
        start: where it is in the context.
        end: where it ends.
        answer: its text; empty where the context has no answer.
    """

    score: float
    start: int
    end: int
    answer: str


class Span(NamedTuple):
    """What may be an answer.

    Attributes:
        start: where it is in the context.
        end: where it ends.
        start_logit: of its first token.
        end_logit: of its last one.
    """

    start: int
    end: int
    start_logit: np.floating
    end_logit: np.floating

    @property
    def score(self) -> np.floating:
        """By which answers are ordered."""
        return self.start_logit + self.end_logit


def answers(
    context: str,
    windows: Sequence[Window],
    n_best: int,
    max_answer_length: int,
    null_threshold: float | None,
) -> list[Answer]:
    """Return the answers, that which is chosen first, the others from the best on.

    Args:
        context: all of it.
        windows: of it, at least one.
        n_best: likely starts and ends of each window, and answers at most.
        max_answer_length: in tokens.
        null_threshold: that there is no answer is one, too, and is chosen where its score is
            higher by more than this. None takes an answer in any case, if there is a token.
    """
    every = [span for window in windows for span in spans(window, n_best, max_answer_length)]
    null = null_span(windows)
    if null_threshold is not None:
        every.append(null)
    found = sorted(every, key=lambda span: span.score, reverse=True)[:n_best]
    if null_threshold is not None:
        found = with_null(found, null)
    if not found:
        return [Answer(1.0, 0, 0, "")]
    shares = softmax(np.array([span.score for span in found])).tolist()
    if null_threshold is not None:
        first = chosen(found, null, null_threshold)
        for each in (found, shares):
            each.insert(0, each.pop(first))
    return [
        Answer(share, span.start, span.end, context[span.start : span.end])
        for share, span in zip(shares, found, strict=True)
    ]


def spans(window: Window, n_best: int, max_answer_length: int) -> list[Span]:
    """Return the spans of a window that may be answers, of its likely starts and ends."""
    return [
        span_of(window, first, last)
        for first, last in likely_ends(window, n_best)
        if may_be_answer(window, first, last, max_answer_length)
    ]


def likely_ends(window: Window, n_best: int) -> list[tuple[int, int]]:
    """Pair each of the n_best starts with each of the n_best ends: first and last tokens."""
    starts, ends = (_best(logits, n_best) for logits in window[1:])
    return [(first, last) for first in starts for last in ends]


def may_be_answer(window: Window, first: int, last: int, max_answer_length: int) -> bool:
    """Whether both ends are in the context, in order, and not too far from each other."""
    outside = window.offsets[first] is None or window.offsets[last] is None
    return not outside and 0 <= last - first < max_answer_length


def span_of(window: Window, first: int, last: int) -> Span:
    """Return the span from a first token to a last one."""
    begin, end = window.offsets[first], window.offsets[last]
    assert begin is not None
    assert end is not None
    return Span(begin[0], end[1], window.start_logits[first], window.end_logits[last])


def _best(logits: Numbers, n_best: int) -> list[int]:
    """Return the places of the highest, from the best on; ties in the order of HF's call."""
    return np.argsort(logits)[-1 : -n_best - 1 : -1].tolist()


def null_span(windows: Sequence[Window]) -> Span:
    """Return the empty answer: [CLS] as start and end, of the window that says so least."""
    every = (Span(0, 0, window.start_logits[0], window.end_logits[0]) for window in windows)
    return min(every, key=lambda span: span.score)


def with_null(found: list[Span], null: Span) -> list[Span]:
    """Append the empty answer where it is not among the best."""
    return found if any(span[:2] == (0, 0) for span in found) else [*found, null]


def chosen(found: Sequence[Span], null: Span, threshold: float) -> int:
    """Return the place of the best answer that is not empty, or of the empty one."""
    best = next((i for i, span in enumerate(found) if span.start < span.end), None)
    if best is None:
        return 0
    if has_no_answer(null, found[best], threshold):
        return next(i for i, span in enumerate(found) if span[:2] == (0, 0))
    return best


def has_no_answer(null: Span, best: Span, threshold: float) -> bool:
    """Whether the empty answer is better than the best other one by more than the threshold."""
    return bool(null.score - best.start_logit - best.end_logit > threshold)
