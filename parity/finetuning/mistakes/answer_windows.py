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

_windows = MISTAKES.breaking(QuestionAnsweringTask.features, _CLS)
_ends = MISTAKES.breaking(answer_tokens, _CLS)
_spans = MISTAKES.breaking(text_spans, _CLS)


@_ends("windows-end-exclusive", "the end is the token after the answer", fix=_ENDS)
def end_is_exclusive(right: Find, item: Question, spans: Spans) -> Span:
    first, last = right(item, spans)
    return first, last + (last > 0)


@_ends(
    "windows-one-character-more",
    "the answer is taken to be one character longer",
    fix="its characters end before start + len(text)",
)
def answer_is_one_character_longer(right: Find, item: Question, spans: Spans) -> Span:
    return right(item._replace(answers=tuple(f"{each} " for each in item.answers)), spans)


@_ends(
    "windows-in-the-text",
    "tokens are counted from the text's first, not from [CLS]",
    fix="positions are of the whole row, including the question",
)
def tokens_are_counted_in_the_text(right: Find, item: Question, spans: Spans) -> Span:
    first, last = right(item, spans)
    before = next(place for place, span in enumerate(spans) if span) if last else 0
    return first - before, last - before


@_spans(
    "windows-question-searched",
    "the question's characters are taken for the text's",
    fix="only tokens whose sequence_ids are 1",
)
def question_is_searched(_: Callable[..., Spans], encoding: Any, row: int) -> Spans:
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


@_ends("windows-clipped", "an answer outside of the window is the nearest token")
def answer_is_clipped(right: Find, item: Question, spans: Spans) -> Span:
    return right(_in_the_window(item, spans), spans)


@_ends("windows-in-part", "a part of the answer is taken for all of it")
def part_of_the_answer_is_enough(right: Find, item: Question, spans: Spans) -> Span:
    part = _in_the_window(item, spans)
    answers = zip(item.starts, item.answers, part.starts, strict=True)
    is_part = any(begin <= cut < begin + len(text) for begin, text, cut in answers)
    return right(part if is_part else item, spans)


@_windows(
    "windows-outside-as-max",
    "both ends are max_length where the answer is not",
    seen="a loss that is to ignore it",
)
def outside_is_max_length(right: Featurize, *given: Any) -> Features:
    made, lengths = right(*given), given[-1]
    for row in made.rows:
        if not row["end_positions"]:
            row["start_positions"] = row["end_positions"] = torch.tensor(lengths.most)
    return made


def _of_these(made: Features, numbers: Iterable[int]) -> Features:
    numbers = [*numbers]
    rows, about = ([each[number] for number in numbers] for each in (made.rows, made.about))
    return Features(rows, made.pad, about)


@_windows("windows-dropped", "windows without the answer are left out")
def windows_without_the_answer_are_dropped(right: Featurize, *given: Any) -> Features:
    made = right(*given)
    return _of_these(made, (n for n, row in enumerate(made.rows) if row["end_positions"]))


@_windows(
    "windows-impossible-dropped",
    "questions without an answer are left out",
    fix="SQuAD 2.0's are learnt: both ends are 0, [CLS]",
)
def questions_without_an_answer_are_dropped(
    right: Featurize, task: Any, items: Sequence[Question], *given: Any
) -> Features:
    return right(task, [item for item in items if item.answers], *given)


@_windows("windows-first-only", "a text that is too long is cut off", fix=_OVERLAP)
def only_the_first_window_is_kept(right: Featurize, *given: Any) -> Features:
    made = right(*given)
    items = [part.item for part in made.about]
    return _of_these(made, (items.index(item) for item in dict.fromkeys(items)))


@_windows(
    "windows-stride-as-step",
    "the stride is how far a window is from the one before",
    fix=_OVERLAP,
    seen="google-research/bert's doc_stride",
)
def stride_is_the_step(
    right: Featurize, task: Any, items: Sequence[Question], tokenizer: Any, lengths: Lengths
) -> Features:
    rows = list[Any]()
    for item in items:
        asked = len(tokenizer(item.question)["input_ids"]) + 1  # with [CLS] and two [SEP]
        shared = lengths.most - asked - lengths.stride
        rows += right(task, [item], tokenizer, replace(lengths, stride=shared)).rows
    return Features(rows, tokenizer.pad_token_id)


@_windows("windows-apart", "windows share nothing", fix=_OVERLAP)
def windows_share_nothing(right: Featurize, *given: Any) -> Features:
    *texts, lengths = given
    return right(*texts, replace(lengths, stride=0))


@_windows(
    "windows-one-segment",
    "question and text are of one segment",
    fix="token_type_ids are 1 for the text and the [SEP] after it",
)
def question_and_text_are_one_segment(right: Featurize, *given: Any) -> Features:
    made = right(*given)
    for row in made.rows:
        row["token_type_ids"].zero_()
    return made
