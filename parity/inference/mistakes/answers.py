"""Question-answering mistakes."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from parity.inference.mistakes.batching import Right
from parity.suite.mistake import KnownMistakes, replaced
from scratch_bert.inference.run.scores import Numbers, softmax
from scratch_bert.inference.tasks.question_answering import QuestionAnswering
from scratch_bert.inference.tasks.spans import (
    Answer,
    Span,
    Window,
    answers,
    has_no_answer,
    likely_ends,
    may_be_answer,
    null_span,
    span_of,
    spans,
)

MISTAKES = KnownMistakes("answer", "any question")

_MAY_BE = "both ends in the context, end >= start, end - start + 1 <= max_answer_length, in tokens"
_SCORE = "start logit + end logit, over all windows; softmax over the n_best of them"
_SEVERAL = "a context of several windows"
_LONG = "answers as long as they may be"


@MISTAKES("answers-backwards", may_be_answer, _MAY_BE)
def answer_may_end_before_it_starts(
    right: Right, window: Window, first: int, last: int, longest: int
) -> Any:
    """An answer may end before it starts."""
    return right(window, first, max(first, last), longest) and window.offsets[last] is not None


@MISTAKES(
    "answers-one-longer", may_be_answer, _MAY_BE, _LONG, seen="end - start > max_answer_length"
)
def answer_may_be_one_longer(
    right: Right, window: Window, first: int, last: int, longest: int
) -> Any:
    """An answer may have a token more than max_answer_length."""
    return right(window, first, last, longest + 1)


@MISTAKES("answers-length-in-characters", may_be_answer, _MAY_BE, _LONG)
def length_is_in_characters(
    right: Right, window: Window, first: int, last: int, longest: int
) -> bool:
    """Max_answer_length is counted in characters."""
    if not right(window, first, last, len(window.offsets)):
        return False
    start, end, *_ = span_of(window, first, last)
    return end - start <= longest


@MISTAKES(
    "answers-best-ends-only", likely_ends, _SCORE, seen="start_logits.argmax(), end_logits.argmax()"
)
def only_the_best_ends(right: Right, window: Window, _: int) -> Any:
    """Only the best start and the best end are looked at, each by itself."""
    return right(window, 1)


@MISTAKES(
    "answers-cut-before-filtered", likely_ends, "leave out what is no answer, then sort and cut"
)
def cut_before_filtered(right: Right, window: Window, n_best: int) -> Any:
    """The n_best are taken first, and what is no answer goes from them then."""

    def score(ends: tuple[int, int]) -> float:
        return float(window.start_logits[ends[0]] + window.end_logits[ends[1]])

    return sorted(right(window, n_best), key=score, reverse=True)[:n_best]


def _log_probabilities(right: Right, context: str, windows: Sequence[Window], *given: Any) -> Any:
    """Adding them multiplies probabilities."""
    logs = [
        Window(
            window.offsets, np.log(softmax(window.start_logits)), np.log(softmax(window.end_logits))
        )
        for window in windows
    ]
    with replaced(softmax, lambda _, scores: np.exp(scores)):
        return right(context, logs, *given)


def _product_is_higher(_: Right, null: Span, best: Span, threshold: float) -> bool:
    return bool(np.exp(null.score) - np.exp(best.score) > threshold)


MISTAKES(
    "answers-product",
    answers,
    _SCORE,
    description="scores are products of probabilities, each window's by itself",
    detected_by=_SEVERAL,
    seen="the question-answering pipeline of transformers 4",
    compared=(has_no_answer, _product_is_higher),
)(_log_probabilities)


@MISTAKES("answers-logits", softmax, _SCORE)
def scores_are_logits(_: Right, scores: Numbers) -> Numbers:
    """The scores are sums of logits, not probabilities."""
    return scores


@MISTAKES("answers-share-with-all", answers, _SCORE, "more answers than n_best")
def shared_with_all(
    right: Right,
    context: str,
    windows: Sequence[Window],
    n_best: int,
    longest: int,
    threshold: float | None,
) -> Any:
    """Probabilities are shared with answers that are not returned."""
    scores = [span.score for window in windows for span in spans(window, n_best, longest)]
    if threshold is not None:
        scores.append(null_span(windows).score)
    rest = sorted(scores, reverse=True)[n_best:]

    def share(softmax: Right, found: Numbers) -> Any:
        return softmax(np.append(found, np.array(rest, found.dtype)))[: len(found)]

    with replaced(softmax, share):
        return right(context, windows, n_best, longest, threshold)


@MISTAKES("answers-last-token-lost", span_of, "offset_mapping[end][1]", seen="tokens[start:end]")
def last_token_is_lost(right: Right, window: Window, first: int, last: int) -> Span:
    """An answer ends where its last token starts."""
    end, span = window.offsets[last], right(window, first, last)
    return span._replace(end=end[0] if end else 0)


@MISTAKES(
    "answers-decoded",
    QuestionAnswering.__call__,
    "context[start:end]",
    "an upper-case letter",
    seen="tokenizer.decode(input_ids[start:end + 1])",
)
def answer_is_decoded(
    right: Right,
    task: QuestionAnswering,
    questions: Sequence[str],
    contexts: Sequence[str],
    **given: Any,
) -> list[list[Answer]]:
    """An answer's text is made of its tokens, without case and accents."""
    tokenizer = task.runner.tokenizer

    def text(context: str, answer: Answer) -> str:
        (row,) = tokenizer([context], add_special_tokens=False).encodings
        places = zip(row.ids, row.offsets, strict=True)
        inside = [i for i, span in places if answer.start <= span[0] and span[1] <= answer.end]
        return str(tokenizer.decode(inside)) if answer.end else ""

    return [
        [answer._replace(answer=text(context, answer)) for answer in row]
        for context, row in zip(contexts, right(task, questions, contexts, **given), strict=True)
    ]
