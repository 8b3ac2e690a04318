"""Mistakes of the answer "no answer"."""

from collections.abc import Sequence
from typing import Any

from parity.inference.mistakes.batching import Right
from parity.suite.mistake import KnownMistakes
from scratch_bert.inference.tasks.spans import (
    Span,
    Window,
    chosen,
    has_no_answer,
    null_span,
    with_null,
)

_NO_ANSWER = "a question that may have no answer"

MISTAKES = KnownMistakes("answer", _NO_ANSWER)

_NULL = "the score of [CLS] as start and end, the lowest of all windows"
_THRESHOLD = "no answer if null score - best answer's score > null_threshold"
_SEVERAL = f"{_NO_ANSWER}, and a context of several windows"
_OTHER = f"{_NO_ANSWER}, and a threshold other than 0"


@MISTAKES("answers-null-of-best", null_span, _NULL, _SEVERAL)
def null_is_of_the_best_window(right: Right, windows: Sequence[Window]) -> Span:
    """That there is no answer has the highest score of all windows."""
    return max((right([window]) for window in windows), key=lambda span: float(span.score))


@MISTAKES("answers-null-of-first", null_span, _NULL, _SEVERAL)
def null_is_of_the_first_window(right: Right, windows: Sequence[Window]) -> Any:
    """That there is no answer has the score of the first window."""
    return right(windows[:1])


@MISTAKES("answers-threshold-inverted", has_no_answer, _THRESHOLD)
def threshold_is_inverted(_: Right, null: Span, best: Span, threshold: float) -> bool:
    """There is no answer if the best one is better by more than the threshold."""
    return bool(best.score - null.score > threshold)


@MISTAKES("answers-threshold-added", has_no_answer, _THRESHOLD, _OTHER)
def threshold_is_added(right: Right, null: Span, best: Span, threshold: float) -> Any:
    """The threshold is in favor of that there is no answer."""
    return right(null, best, -threshold)


@MISTAKES("answers-threshold-ignored", has_no_answer, _THRESHOLD, _OTHER)
def threshold_is_ignored(right: Right, null: Span, best: Span, _: float) -> Any:
    """There is no answer if that has the best score, whatever the threshold is."""
    return right(null, best, 0.0)


def _first_that_is_there(right: Right, found: Sequence[Span], null: Span, threshold: float) -> Any:
    if null in found:
        return right(found, null, threshold)
    return next((i for i, span in enumerate(found) if span.start < span.end), 0)


@MISTAKES(
    "answers-null-lost",
    with_null,
    "append it, where it is not among the n_best",
    f"{_NO_ANSWER}, and a small n_best",
    chosen=(chosen, _first_that_is_there),
)
def null_is_lost(_: Right, found: list[Span], _null: Span) -> list[Span]:
    """The empty answer is not returned where n_best others are better."""
    return found
