"""Question-answering mistakes."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from parity.inference.mistakes.batching import Right, batching_mistakes
from parity.suite.mistake import KnownMistakes, replaced
from scratch_bert.inference.run.runner import unpadded
from scratch_bert.inference.run.scores import Numbers, softmax
from scratch_bert.inference.tasks.question_answering import QuestionAnswering, offsets_in_context
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
from scratch_bert.tokenization.interface.encoding import Encoding

MISTAKES = KnownMistakes("answer", "any question")

_MAY_BE = "both ends in the context, end >= start, end - start + 1 <= max_answer_length, in tokens"
_SCORE = "start logit + end logit, over all windows; softmax over the n_best of them"
_WHERE = "offset_mapping, which counts from the beginning of the whole context"
_STRIDE = "stride as the tokenizer has it: tokens that a window shares with the one before"
_SEVERAL = "a context of several windows"
_LONG = "answers as long as they may be"

Offsets = list[tuple[int, int] | None]


@MISTAKES("answers-backwards", may_be_answer, "an answer may end before it starts", _MAY_BE)
def answer_may_end_before_it_starts(
    right: Right, window: Window, first: int, last: int, longest: int
) -> Any:
    return right(window, first, max(first, last), longest) and window.offsets[last] is not None


@MISTAKES(
    "answers-in-question",
    offsets_in_context,
    "an answer may be in the question",
    _MAY_BE,
    seen="offsets of the question taken for the context's",
)
def answer_may_be_in_the_question(_: Right, row: Encoding) -> Offsets:
    pairs = zip(row.offsets, row.sequence_ids, strict=True)
    return [None if text is None else span for span, text in pairs]


@MISTAKES("answers-special", offsets_in_context, "an answer may be [CLS] or [SEP]", _MAY_BE)
def answer_may_be_special(_: Right, row: Encoding) -> Offsets:
    pairs = zip(row.offsets, row.sequence_ids, strict=True)
    return [None if text == 0 else span for span, text in pairs]


@MISTAKES(
    "answers-one-longer",
    may_be_answer,
    "an answer may have a token more than max_answer_length",
    _MAY_BE,
    detected_by=_LONG,
    seen="end - start > max_answer_length",
)
def answer_may_be_one_longer(
    right: Right, window: Window, first: int, last: int, longest: int
) -> Any:
    return right(window, first, last, longest + 1)


@MISTAKES(
    "answers-length-in-characters",
    may_be_answer,
    "max_answer_length is counted in characters",
    _MAY_BE,
    detected_by=_LONG,
)
def length_is_in_characters(
    right: Right, window: Window, first: int, last: int, longest: int
) -> bool:
    if not right(window, first, last, len(window.offsets)):
        return False
    start, end, *_ = span_of(window, first, last)
    return end - start <= longest


@MISTAKES(
    "answers-best-ends-only",
    likely_ends,
    "only the best start and the best end are looked at, each by itself",
    _SCORE,
    seen="start_logits.argmax(), end_logits.argmax()",
)
def only_the_best_ends(right: Right, window: Window, _: int) -> Any:
    return right(window, 1)


@MISTAKES(
    "answers-cut-before-filtered",
    likely_ends,
    "the n_best are taken first, and what is no answer goes from them then",
    "leave out what is no answer, then sort and cut",
)
def cut_before_filtered(right: Right, window: Window, n_best: int) -> Any:
    def score(ends: tuple[int, int]) -> float:
        return float(window.start_logits[ends[0]] + window.end_logits[ends[1]])

    return sorted(right(window, n_best), key=score, reverse=True)[:n_best]


def _padded_windows(
    right: Right, task: QuestionAnswering, place: int, *given: Any
) -> list[Encoding]:
    rows: list[Encoding] = right(task, place, *given)
    *_, length, _ = given
    for row in rows:
        row.pad(length, "right")
    return rows


@MISTAKES(
    "answers-padding-counted",
    unpadded,
    "windows are padded to max_length, and padding is among the likely starts and ends",
    "leave padding out: what is an answer must not hang on how windows are padded",
    detected_by="a context that does not fill its windows, and a small n_best",
    seen="HuggingFace's own script with --pad_to_max_length, where it is no mistake of yours",
    padded=(QuestionAnswering.windows, _padded_windows),
)
def padding_is_counted(_: Right, values: Any, _batch: Any) -> list[Any]:
    return [*values]


def _log_probabilities(right: Right, context: str, windows: Sequence[Window], *given: Any) -> Any:
    """Adding them multiplies probabilities."""
    logs = [
        Window(
            window.offsets,
            np.log(softmax(window.start_logits)),
            np.log(softmax(window.end_logits)),
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
    "scores are products of probabilities, each window's by itself",
    _SCORE,
    detected_by=_SEVERAL,
    seen="the question-answering pipeline of transformers 4",
    compared=(has_no_answer, _product_is_higher),
)(_log_probabilities)


@MISTAKES(
    "answers-logits",
    softmax,
    "the scores are sums of logits, not probabilities",
    _SCORE,
)
def scores_are_logits(_: Right, scores: Numbers) -> Numbers:
    return scores


@MISTAKES(
    "answers-share-with-all",
    answers,
    "probabilities are shared with answers that are not returned",
    _SCORE,
    detected_by="more answers than n_best",
)
def shared_with_all(
    right: Right,
    context: str,
    windows: Sequence[Window],
    n_best: int,
    longest: int,
    threshold: float | None,
) -> Any:
    scores = [span.score for window in windows for span in spans(window, n_best, longest)]
    if threshold is not None:
        scores.append(null_span(windows).score)
    rest = sorted(scores, reverse=True)[n_best:]

    def share(softmax: Right, found: Numbers) -> Any:
        return softmax(np.append(found, np.array(rest, found.dtype)))[: len(found)]

    with replaced(softmax, share):
        return right(context, windows, n_best, longest, threshold)


@MISTAKES(
    "answers-first-window",
    answers,
    "the first window alone is looked at",
    "every window that return_overflowing_tokens returns",
    detected_by=_SEVERAL,
    seen="truncation without return_overflowing_tokens",
)
def first_window_alone(right: Right, context: str, windows: Sequence[Window], *given: Any) -> Any:
    return right(context, windows[:1], *given)


@MISTAKES(
    "answers-place-in-window",
    offsets_in_context,
    "places are counted from the beginning of the window",
    _WHERE,
    detected_by=_SEVERAL,
)
def place_is_in_the_window(right: Right, row: Encoding) -> Offsets:
    offsets: Offsets = right(row)
    begin = min((span[0] for span in offsets if span is not None), default=0)
    return [span and (span[0] - begin, span[1] - begin) for span in offsets]


@MISTAKES(
    "answers-last-token-lost",
    span_of,
    "an answer ends where its last token starts",
    "offset_mapping[end][1]",
    seen="tokens[start:end]",
)
def last_token_is_lost(right: Right, window: Window, first: int, last: int) -> Span:
    end, span = window.offsets[last], right(window, first, last)
    return span._replace(end=end[0] if end else 0)


@MISTAKES(
    "answers-decoded",
    QuestionAnswering.__call__,
    "an answer's text is made of its tokens, without case and accents",
    "context[start:end]",
    detected_by="an upper-case letter",
    seen="tokenizer.decode(input_ids[start:end + 1])",
)
def answer_is_decoded(
    right: Right,
    task: QuestionAnswering,
    questions: Sequence[str],
    contexts: Sequence[str],
    **given: Any,
) -> list[list[Answer]]:
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


@MISTAKES(
    "answers-stride-as-step",
    QuestionAnswering.windows,
    "stride is how far a window is from the next, not what two of them share",
    _STRIDE,
    detected_by=_SEVERAL,
    seen="doc_stride of the original code",
)
def stride_is_a_step(
    right: Right, task: QuestionAnswering, place: int, question: str, *given: Any
) -> Any:
    context, length, stride = given
    asked = len(task.runner.tokenizer.tokenize(question))
    return right(task, place, question, context, length, length - asked - 3 - stride)


@MISTAKES(
    "answers-windows-apart",
    QuestionAnswering.windows,
    "windows share nothing",
    _STRIDE,
    detected_by=_SEVERAL,
)
def windows_share_nothing(right: Right, *given: Any) -> Any:
    return right(*given[:-1], 0)


@MISTAKES(
    "answers-context-first",
    QuestionAnswering.windows,
    "the context comes before the question",
    "tokenizer(question, context, truncation='only_second')",
    of_context=(offsets_in_context, lambda _, row: _first_offsets(row)),
)
def context_comes_first(
    _: Right, task: QuestionAnswering, _place: int, question: str, *given: Any
) -> list[Encoding]:
    context, length, stride = given
    return task.runner.tokenizer(
        [(context, question)],
        truncation="only_first",
        max_length=length,
        stride=stride,
        return_overflowing_tokens=True,
    ).encodings


def _first_offsets(row: Encoding) -> Offsets:
    pairs = zip(row.offsets, row.sequence_ids, strict=True)
    return [span if text == 0 else None for span, text in pairs]


@MISTAKES(
    "answers-question-as-given",
    QuestionAnswering.windows,
    "spaces before a question are not dropped",
    "",
    detected_by="a question that begins with spaces",
    equivalent="BERT's tokens do not know them",
)
def question_keeps_its_spaces(
    right: Right, task: QuestionAnswering, place: int, question: str, *given: Any
) -> Any:
    return right(task, place, f"  {question}", *given)


MISTAKES += batching_mistakes("answer", "answers", pairs=True)
