"""Where the answer to a question is, in plain code: the rules of HF's example script.

transformers 5 has no pipeline for this; `windows` is `prepare_validation_features` of its run_qa,
and `answers` is `postprocess_qa_predictions` of its utils_qa. Where they make "empty" up for a
context without a token, the answer here is empty.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from parity.inference.right.classifying import Numbers, softmax
from parity.inference.right.machine import ALONE, Machine, Reading
from parity.inference.right.windows import (
    Window,
    in_characters,
    in_the_context,
    sum_of_logits,
    window_of,
)

Answer = dict[str, Any]


class Span(NamedTuple):
    """What may be an answer.

    Attributes:
        score: by which they are ordered.
        start: where it is in the context.
        end: where it ends.
        ids: its tokens; None for that there is no answer.
    """

    score: np.floating
    start: int
    end: int
    ids: tuple[int, ...] | None


def every_pair(pairs: list[tuple[int, int]], _: Window, __: int) -> list[tuple[int, int]]:
    """Look at every likely start with every likely end."""
    return pairs


def lowest(scores: Sequence[np.floating]) -> np.floating:
    """Score that there is no answer: in the window that says so least."""
    return min(scores)


def so_much_higher(null: np.floating, best: np.floating, threshold: float) -> bool:
    """Whether there is no answer, given the scores of that and of the best answer."""
    return bool(null - best > threshold)


def among_the_best(scores: Numbers, n_best: int) -> Numbers:
    """Make probabilities of scores, the best first."""
    return softmax(scores[:n_best])


def from_the_context(_: Any, context: str, span: Span) -> str:
    """Return an answer's text."""
    return context[span.start : span.end]


def as_stride(stride: int, _longest: int, _question: int) -> int:
    """Return how many tokens two windows share, given a window's length and the question's."""
    return stride


def always(_: bool) -> bool:
    """Whether it is among the answers that there is none, given whether it is one of the best."""
    return True


@dataclass(frozen=True)
class Finding:
    """How to find answers, by default as the script does.

    Attributes:
        reading: how rows are given to the model.
        stripped: whether spaces before a question are dropped.
        stride: how many tokens windows share.
        question_first: whether the context comes second.
        padded: whether windows have padding, that is looked at as well.
        looked_at: which windows are.
        pairs: which of the likely starts and ends are looked at.
        may_be: whether a stretch may be an answer.
        score: a stretch's.
        place: where it is.
        null: the score of that there is no answer, given that of each window.
        keeps_null: whether that is an answer, given whether it is one of the best.
        is_null: whether there is no answer.
        shares: scores → probabilities.
        text: an answer's.
    """

    reading: Reading = ALONE
    stripped: bool = True
    stride: Callable[[int, int, int], int] = as_stride
    question_first: bool = True
    padded: bool = False
    looked_at: Callable[[list[Window]], list[Window]] = list
    pairs: Callable[[list[tuple[int, int]], Window, int], list[tuple[int, int]]] = every_pair
    may_be: Callable[[Window, int, int, int], bool] = in_the_context
    score: Callable[[Window, int, int], np.floating] = sum_of_logits
    place: Callable[[Window, int, int], tuple[int, int]] = in_characters
    null: Callable[[Sequence[np.floating]], np.floating] = lowest
    keeps_null: Callable[[bool], bool] = always
    is_null: Callable[[np.floating, np.floating, float], bool] = so_much_higher
    shares: Callable[[Numbers, int], Numbers] = among_the_best
    text: Callable[[Any, str, Span], str] = from_the_context


def answer(
    machine: Machine,
    recipe: Finding,
    questions: Sequence[str],
    contexts: Sequence[str],
    n_best: int,
    max_answer_length: int,
    max_length: int,
    stride: int,
    null_threshold: float | None,
) -> list[list[Answer]]:
    """Return each question's answers: that which is chosen, then the others."""
    found = []
    for question, context in zip(questions, contexts, strict=True):
        seen = windows(machine, recipe, question, context, max_length, stride)
        found.append(
            answers(
                machine.tokenizer, recipe, context, seen, n_best, max_answer_length, null_threshold
            )
        )
    return found


def windows(
    machine: Machine, recipe: Finding, question: str, context: str, max_length: int, stride: int
) -> list[Window]:
    """Cut a context into windows, and have the model look at each."""
    question = question.lstrip() if recipe.stripped else question
    shared = recipe.stride(stride, max_length, len(machine.tokenizer.tokenize(question)))
    both = ([question], [context]) if recipe.question_first else ([context], [question])
    rows = machine.encode(
        *both,
        truncation="only_second" if recipe.question_first else "only_first",
        max_length=max_length,
        stride=shared,
        return_overflowing_tokens=True,
    )
    if not recipe.question_first:
        other = {0: 1, 1: 0, None: None}
        rows = [row._replace(texts=tuple(other[text] for text in row.texts)) for row in rows]
    reading = replace(recipe.reading, length=max_length) if recipe.padded else recipe.reading
    return [window_of(seen, recipe.padded) for seen in machine.run(rows, reading)]


def answers(
    tokenizer: Any,
    recipe: Finding,
    context: str,
    windows: list[Window],
    n_best: int,
    longest: int,
    threshold: float | None,
) -> list[Answer]:
    """Find the answers in what the model says of a context's windows."""
    seen = recipe.looked_at(windows)
    null = Span(recipe.null([recipe.score(window, 0, 0) for window in seen]), 0, 0, None)
    spans = [span for window in seen for span in _spans(window, recipe, n_best, longest)]
    every = sorted(
        spans + [null] * (threshold is not None), key=lambda span: span.score, reverse=True
    )
    found = every[:n_best]
    if threshold is not None:
        is_there = any(span[1:3] == (0, 0) for span in found)
        found += [null] * (not is_there and recipe.keeps_null(is_there))
    if not found:
        return [{"score": 1.0, "start": 0, "end": 0, "answer": ""}]
    scores = [span.score for span in found] + [span.score for span in every[n_best:]]
    shares = recipe.shares(np.array(scores), len(found)).tolist()
    told = [
        {
            "score": share,
            "start": span.start,
            "end": span.end,
            "answer": recipe.text(tokenizer, context, span),
        }
        for share, span in zip(shares, found, strict=False)
    ]
    if threshold is not None:
        told.insert(0, told.pop(_chosen(found, null, threshold, recipe)))
    return told


def _spans(window: Window, recipe: Finding, n_best: int, longest: int) -> list[Span]:
    likely = (
        np.argsort(logits)[-1 : -n_best - 1 : -1].tolist()
        for logits in (window.start_logits, window.end_logits)
    )
    starts, ends = likely
    pairs = recipe.pairs([(first, last) for first in starts for last in ends], window, n_best)
    return [
        Span(
            recipe.score(window, first, last),
            *recipe.place(window, first, last),
            window.row.ids[first : last + 1],
        )
        for first, last in pairs
        if recipe.may_be(window, first, last, longest)
    ]


def _chosen(found: Sequence[Span], null: Span, threshold: float, recipe: Finding) -> int:
    """Return the place of the best answer that is one, or of that there is none."""
    best = next((i for i, span in enumerate(found) if span.start < span.end), None)
    if best is None:
        return 0
    if recipe.is_null(null.score, found[best].score, threshold):
        return next((i for i, span in enumerate(found) if span[1:3] == (0, 0)), best)
    return best
