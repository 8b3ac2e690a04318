"""Mistakes of the windows of a long context, and of where an answer is in them."""

from collections.abc import Sequence
from typing import Any

from parity.inference.mistakes.batching import Right, batching_mistakes
from parity.suite.mistake import KnownMistakes
from scratch_bert.inference.run.runner import unpadded
from scratch_bert.inference.tasks.question_answering import QuestionAnswering, offsets_in_context
from scratch_bert.inference.tasks.spans import Window, answers
from scratch_bert.tokenization.interface.encoding import Encoding

MISTAKES = KnownMistakes("answer", "any question")

_MAY_BE = "both ends in the context, end >= start, end - start + 1 <= max_answer_length, in tokens"
_WHERE = "offset_mapping, which counts from the beginning of the whole context"
_STRIDE = "stride as the tokenizer has it: tokens that a window shares with the one before"
_SEVERAL = "a context of several windows"

Offsets = list[tuple[int, int] | None]


@MISTAKES(
    "answers-in-question",
    offsets_in_context,
    _MAY_BE,
    seen="offsets of the question taken for the context's",
)
def answer_may_be_in_the_question(_: Right, row: Encoding) -> Offsets:
    """An answer may be in the question."""
    pairs = zip(row.offsets, row.sequence_ids, strict=True)
    return [None if text is None else span for span, text in pairs]


@MISTAKES("answers-special", offsets_in_context, _MAY_BE)
def answer_may_be_special(_: Right, row: Encoding) -> Offsets:
    """An answer may be [CLS] or [SEP]."""
    pairs = zip(row.offsets, row.sequence_ids, strict=True)
    return [None if text == 0 else span for span, text in pairs]


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
    "leave padding out: what is an answer must not hang on how windows are padded",
    "a context that does not fill its windows, and a small n_best",
    seen="HuggingFace's own script with --pad_to_max_length, where it is no mistake of yours",
    padded=(QuestionAnswering.windows, _padded_windows),
)
def padding_is_counted(_: Right, values: Any, _batch: Any) -> list[Any]:
    """Windows are padded to max_length, and padding is among the likely starts and ends."""
    return [*values]


@MISTAKES(
    "answers-first-window",
    answers,
    "every window that return_overflowing_tokens returns",
    _SEVERAL,
    seen="truncation without return_overflowing_tokens",
)
def first_window_alone(right: Right, context: str, windows: Sequence[Window], *given: Any) -> Any:
    """The first window alone is looked at."""
    return right(context, windows[:1], *given)


@MISTAKES("answers-place-in-window", offsets_in_context, _WHERE, _SEVERAL)
def place_is_in_the_window(right: Right, row: Encoding) -> Offsets:
    """Places are counted from the beginning of the window."""
    offsets: Offsets = right(row)
    begin = min((span[0] for span in offsets if span is not None), default=0)
    return [span and (span[0] - begin, span[1] - begin) for span in offsets]


@MISTAKES(
    "answers-stride-as-step",
    QuestionAnswering.windows,
    _STRIDE,
    _SEVERAL,
    seen="doc_stride of the original code",
)
def stride_is_a_step(
    right: Right, task: QuestionAnswering, place: int, question: str, *given: Any
) -> Any:
    """Stride is how far a window is from the next, not what two of them share."""
    context, length, stride = given
    asked = len(task.runner.tokenizer.tokenize(question))
    return right(task, place, question, context, length, length - asked - 3 - stride)


@MISTAKES("answers-windows-apart", QuestionAnswering.windows, _STRIDE, _SEVERAL)
def windows_share_nothing(right: Right, *given: Any) -> Any:
    """Windows share nothing."""
    return right(*given[:-1], 0)


@MISTAKES(
    "answers-context-first",
    QuestionAnswering.windows,
    "tokenizer(question, context, truncation='only_second')",
    of_context=(offsets_in_context, lambda _, row: _first_offsets(row)),
)
def context_comes_first(
    _: Right, task: QuestionAnswering, _place: int, question: str, *given: Any
) -> list[Encoding]:
    """The context comes before the question."""
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
    "",
    "a question that begins with spaces",
    equivalent="BERT's tokens do not know them",
)
def question_keeps_its_spaces(
    right: Right, task: QuestionAnswering, place: int, question: str, *given: Any
) -> Any:
    """Spaces before a question are not dropped."""
    return right(task, place, f"  {question}", *given)


MISTAKES += batching_mistakes("answer", "answers", pairs=True)
