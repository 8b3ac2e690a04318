"""Mistakes of the answer "no answer"."""

from functools import partial

from parity.core.mistake import Mistake
from parity.suite.mistake import instead

_NULL = "the score of [CLS] as start and end, the lowest of all windows"
_THRESHOLD = "no answer if null score - best answer's score > null_threshold"
_NO_ANSWER = "a question that may have no answer"
_SEVERAL = "a context of several windows"

_answer = partial(instead, "answer")

MISTAKES: tuple[Mistake, ...] = (
    _answer(
        "answers-null-of-best",
        "that there is no answer has the highest score of all windows",
        _NULL,
        detected_by=f"{_NO_ANSWER}, and {_SEVERAL}",
        null=max,
    ),
    _answer(
        "answers-null-of-first",
        "that there is no answer has the score of the first window",
        _NULL,
        detected_by=f"{_NO_ANSWER}, and {_SEVERAL}",
        null=lambda scores: scores[0],
    ),
    _answer(
        "answers-threshold-inverted",
        "there is no answer if the best one is better by more than the threshold",
        _THRESHOLD,
        detected_by=_NO_ANSWER,
        is_null=lambda null, best, threshold: bool(best - null > threshold),
    ),
    _answer(
        "answers-threshold-added",
        "the threshold is in favour of that there is no answer",
        _THRESHOLD,
        detected_by=f"{_NO_ANSWER}, and a threshold other than 0",
        is_null=lambda null, best, threshold: bool(null - best > -threshold),
    ),
    _answer(
        "answers-threshold-ignored",
        "there is no answer if that has the best score, whatever the threshold is",
        _THRESHOLD,
        detected_by=f"{_NO_ANSWER}, and a threshold other than 0",
        is_null=lambda null, best, _: bool(null > best),
    ),
    _answer(
        "answers-null-lost",
        "the empty answer is not returned where n_best others are better",
        "append it, where it is not among the n_best",
        detected_by=f"{_NO_ANSWER}, and a small n_best",
        keeps_null=lambda is_there: is_there,
    ),
)
