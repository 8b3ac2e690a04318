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


class _Span(NamedTuple):
    start: int
    end: int
    start_logit: np.floating
    end_logit: np.floating

    @property
    def score(self) -> np.floating:
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
    spans = [span for window in windows for span in _spans(window, n_best, max_answer_length)]
    null = min((_null(window) for window in windows), key=lambda span: span.score)
    if null_threshold is not None:
        spans.append(null)
    found = sorted(spans, key=lambda span: span.score, reverse=True)[:n_best]
    if null_threshold is not None and not any(span[:2] == (0, 0) for span in found):
        found.append(null)
    if not found:
        return [Answer(1.0, 0, 0, "")]
    shares = softmax(np.array([span.score for span in found])).tolist()
    if null_threshold is not None:
        chosen = _chosen(found, null, null_threshold)
        for each in (found, shares):
            each.insert(0, each.pop(chosen))
    return [
        Answer(share, span.start, span.end, context[span.start : span.end])
        for share, span in zip(shares, found, strict=True)
    ]


def _spans(window: Window, n_best: int, max_answer_length: int) -> list[_Span]:
    starts, ends = (_best(logits, n_best) for logits in window[1:])
    found = []
    for first in starts:
        for last in ends:
            begin, end = window.offsets[first], window.offsets[last]
            if begin is None or end is None or not 0 <= last - first < max_answer_length:
                continue
            logits = window.start_logits[first], window.end_logits[last]
            found.append(_Span(begin[0], end[1], *logits))
    return found


def _best(logits: Numbers, n_best: int) -> list[int]:
    """Return the places of the highest, from the best on; ties in the order of HF's call."""
    return np.argsort(logits)[-1 : -n_best - 1 : -1].tolist()


def _null(window: Window) -> _Span:
    return _Span(0, 0, window.start_logits[0], window.end_logits[0])


def _chosen(found: Sequence[_Span], null: _Span, threshold: float) -> int:
    """Return the place of the best answer that is one, or of none at all."""
    best = next((i for i, span in enumerate(found) if span.start < span.end), None)
    if best is None:
        return 0
    difference = null.score - found[best].start_logit - found[best].end_logit
    if difference > threshold:
        return next(i for i, span in enumerate(found) if span[:2] == (0, 0))
    return best
