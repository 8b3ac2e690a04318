"""Mistakes of the windows of a long context, and of an answer in them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import torch

from parity.suite.mistake import KnownMistakes
from scratch_bert.finetuning.tasks.features import Features
from scratch_bert.finetuning.tasks.question_answering import (
    Question,
    QuestionAnsweringTask,
    Span,
    answer_tokens,
    text_spans,
)
from scratch_bert.finetuning.tasks.task import Lengths

MISTAKES = KnownMistakes(
    "windows",
    "texts longer than a window, whose answers are in one, in several, in part, or nowhere",
)

_ENDS = "the token with the answer's first character, and that with its last (run_qa.py)"
_CLS = "both ends are 0, [CLS], in a window that has not all of the answer"
_OVERLAP = "return_overflowing_tokens=True, and a stride of tokens that two windows share"

Spans = Sequence[Span | None]
Find = Callable[[Question, Spans], Span]
Featurize = Callable[..., Features]


@MISTAKES("windows-end-exclusive", answer_tokens, _ENDS)
def end_is_exclusive(right: Find, item: Question, spans: Spans) -> Span:
    """The end is the token after the answer."""
    first, last = right(item, spans)
    return first, last + 1 if last else 0


@MISTAKES(
    "windows-one-character-more", answer_tokens, "its characters end before start + len(text)"
)
def answer_is_one_character_longer(right: Find, item: Question, spans: Spans) -> Span:
    """The answer is taken to be one character longer."""
    return right(item._replace(answers=tuple(f"{each} " for each in item.answers)), spans)


@MISTAKES(
    "windows-in-the-text", answer_tokens, "positions are of the whole row, including the question"
)
def tokens_are_counted_in_the_text(right: Find, item: Question, spans: Spans) -> Span:
    """Tokens are counted from the text's first, not from [CLS]."""
    first, last = right(item, spans)
    before = next(place for place, span in enumerate(spans) if span) if last else 0
    return first - before, last - before


@MISTAKES("windows-question-searched", text_spans, "only tokens whose sequence_ids are 1")
def question_is_searched(_: Callable[..., Spans], encoding: Any, row: int) -> Spans:
    """The question's characters are taken for the text's."""
    tokens = zip(encoding["offset_mapping"][row], encoding.sequence_ids(row), strict=True)
    return [None if sequence is None else span for span, sequence in tokens]


def _in_the_window(item: Question, spans: Spans) -> Question:
    """Cut the answer to the characters of the window, of which it has one at least."""
    if not item.answers:
        return item
    of_text = [span for span in spans if span]
    low, high = of_text[0][0], of_text[-1][1]
    begin, end = item.starts[0], item.starts[0] + len(item.answers[0])
    begin, end = min(max(begin, low), high - 1), max(min(end, high), low + 1)
    return item._replace(answers=(item.context[begin:end],), starts=(begin,))


@MISTAKES("windows-clipped", answer_tokens, _CLS)
def answer_is_clipped(right: Find, item: Question, spans: Spans) -> Span:
    """An answer outside of the window is the nearest token."""
    return right(_in_the_window(item, spans), spans)


@MISTAKES("windows-in-part", answer_tokens, _CLS)
def part_of_the_answer_is_enough(right: Find, item: Question, spans: Spans) -> Span:
    """A part of the answer is taken for all of it."""
    part = _in_the_window(item, spans)
    answers = zip(item.starts, item.answers, part.starts, strict=True)
    is_part = any(begin <= cut < begin + len(text) for begin, text, cut in answers)
    return right(part if is_part else item, spans)


@MISTAKES(
    "windows-outside-as-max",
    QuestionAnsweringTask.features,
    _CLS,
    seen="a loss that is to ignore it",
)
def outside_is_max_length(right: Featurize, *given: Any) -> Features:
    """Both ends are max_length where the answer is not."""
    made, lengths = right(*given), given[-1]
    for row in made.rows:
        if not row["end_positions"]:
            row["start_positions"] = row["end_positions"] = torch.tensor(lengths.max_length)
    return made


def _of_these(made: Features, numbers: Iterable[int]) -> Features:
    numbers = [*numbers]
    parts = made.rows, made.alignments
    rows, alignments = ([each[number] for number in numbers] for each in parts)
    return Features(rows, made.pad, alignments)


@MISTAKES("windows-dropped", QuestionAnsweringTask.features, _CLS)
def windows_without_the_answer_are_dropped(right: Featurize, *given: Any) -> Features:
    """Windows without the answer are left out."""
    made = right(*given)
    return _of_these(made, (n for n, row in enumerate(made.rows) if row["end_positions"]))


@MISTAKES(
    "windows-impossible-dropped",
    QuestionAnsweringTask.features,
    "SQuAD 2.0's are learned: both ends are 0, [CLS]",
)
def questions_without_an_answer_are_dropped(
    right: Featurize, task: Any, items: Sequence[Question], *given: Any
) -> Features:
    """Questions without an answer are left out."""
    return right(task, [item for item in items if item.answers], *given)


@MISTAKES("windows-first-only", QuestionAnsweringTask.features, _OVERLAP)
def only_the_first_window_is_kept(right: Featurize, *given: Any) -> Features:
    """A text that is too long is cut off."""
    made = right(*given)
    items = [window.question for window in made.alignments]
    return _of_these(made, (items.index(item) for item in dict.fromkeys(items)))


@MISTAKES(
    "windows-stride-as-step",
    QuestionAnsweringTask.features,
    _OVERLAP,
    seen="google-research/bert's doc_stride",
)
def stride_is_the_step(
    right: Featurize, task: Any, items: Sequence[Question], tokenizer: Any, lengths: Lengths
) -> Features:
    """The stride is how far a window is from the one before."""
    rows = list[Any]()
    for item in items:
        asked = len(tokenizer(item.question)["input_ids"]) + 1  # with [CLS] and two [SEP]
        shared = lengths.max_length - asked - lengths.stride
        rows += right(task, [item], tokenizer, replace(lengths, stride=shared)).rows
    return Features(rows, tokenizer.pad_token_id)


@MISTAKES("windows-apart", QuestionAnsweringTask.features, _OVERLAP)
def windows_share_nothing(right: Featurize, *given: Any) -> Features:
    """Windows share nothing."""
    *texts, lengths = given
    return right(*texts, replace(lengths, stride=0))


@MISTAKES(
    "windows-one-segment",
    QuestionAnsweringTask.features,
    "token_type_ids are 1 for the text and the [SEP] after it",
)
def question_and_text_are_one_segment(right: Featurize, *given: Any) -> Features:
    """Question and text are of one segment."""
    made = right(*given)
    for row in made.rows:
        row["token_type_ids"].zero_()
    return made
