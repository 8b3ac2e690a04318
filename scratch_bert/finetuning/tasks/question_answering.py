"""The answer to a question is a stretch of a text (SQuAD; paper: section 4.2; HF's run_qa.py).

A text that is too long becomes several windows, which overlap. Where the answer is not in one, or
there is none at all, [CLS] is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Any, ClassVar, NamedTuple, Self

import torch
from torch import Tensor

from scratch_bert.errors import CorpusError
from scratch_bert.finetuning.results.squad_metrics import exact_match, overlap_f1
from scratch_bert.finetuning.tables.rows import Row
from scratch_bert.finetuning.tasks.features import Features, encoded
from scratch_bert.finetuning.tasks.objectives import Spans
from scratch_bert.finetuning.tasks.task import Lengths
from scratch_bert.inference.tasks.spans import Answer, Window, answers
from scratch_bert.model.heads import BertWithHead
from scratch_bert.model.task_heads import BertForQuestionAnswering
from scratch_bert.tokenization import BertTokenizer
from scratch_bert.tokenization.interface.batch_encoding import BatchEncoding

_N_BEST, _LONGEST = 20, 30  # run_qa's n_best_size and max_answer_length
Span = tuple[int, int]


class Question(NamedTuple):
    """A question about a text.

    Attributes:
        id: its name, for the predictions.
        answers: those that are right, of which the first is learnt; none where there is no answer.
        starts: where in the text each begins.
    """

    id: str
    question: str
    context: str
    answers: tuple[str, ...]
    starts: tuple[int, ...]

    @property
    def key(self) -> object:
        """The text, so that no question is asked about one that is learnt from."""
        return self.context


class Part(NamedTuple):
    """A window of a text.

    Attributes:
        item: the number of its question.
        offsets: of each token its characters; None for those that are not of the text.
    """

    item: int
    offsets: list[Span | None]


@dataclass(frozen=True)
class QuestionAnsweringTask:
    """A `Task`: the first and the last token of an answer."""

    HEAD: ClassVar[type[BertWithHead]] = BertForQuestionAnswering
    METRIC: ClassVar[str] = "f1"
    COLUMNS: ClassVar[Mapping[str, str]] = {
        "question": "question",
        "context": "context",
        "answers": "answers",
    }
    columns: Mapping[str, str]
    labels: tuple[str, ...] = ()

    def read(self, row: Row) -> Question:
        """Take a question; answers as SQuAD's files or its `datasets` have them."""
        question, context = row.text(self.columns["question"]), row.text(self.columns["context"])
        column = self.columns["answers"]
        texts, starts = _answers(row, column)
        for text, start in zip(texts, starts, strict=True):
            if not text or context[start : start + len(text)] != text:
                there = context[max(start, 0) : start + len(text)] if start >= 0 else ""
                why = f"{text!r} is not in the text at {start}, where {there!r} is"
                raise row.wrong(column, why)
        return Question(str(row.values.get("id", row.place)), question, context, texts, starts)

    def taught(self, items: Sequence[Question]) -> Self:
        """Know all that is to be known."""
        return self

    def config(self) -> dict[str, Any]:
        """Return nothing: there are always two outputs."""
        return {}

    def features(
        self, items: Sequence[Question], tokenizer: BertTokenizer, lengths: Lengths
    ) -> Features:
        """Tokenise questions with the windows of their texts.

        Raises:
            CorpusError: a question leaves no room for its text.
        """
        for item in items:
            own = len(tokenizer(item.question, add_special_tokens=False)["input_ids"])
            if (
                own + lengths.stride + tokenizer.num_special_tokens_to_add(pair=True)
                >= lengths.most
            ):
                why = f"beside it and a stride of {lengths.stride} no text fits into {lengths.most}"
                raise CorpusError(f"question {item.id}: has {own} tokens; {why}")
        encoding, rows = encoded(
            tokenizer,
            [item.question for item in items],
            [item.context for item in items],
            truncation="only_second",
            max_length=lengths.most,
            stride=lengths.stride,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
        )
        parts = []
        for number, item in enumerate(encoding["overflow_to_sample_mapping"]):
            spans = text_spans(encoding, number)
            parts.append(Part(item, spans))
            first, last = answer_tokens(items[item], spans)
            rows[number]["start_positions"] = torch.tensor(first)
            rows[number]["end_positions"] = torch.tensor(last)
        return Features(rows, tokenizer.pad_token_id, parts)

    def objective(self, attention: str, balanced: Sequence[Question] | None) -> Spans:
        """Return the cross entropy of both tokens."""
        return Spans(attention)

    def predictions(
        self, items: Sequence[Question], features: Features, logits: Sequence[Tensor]
    ) -> list[Answer]:
        """Take the best answer of each question's windows.

        That there is none is an answer only where some question has none (SQuAD 2.0).
        """
        windows: list[list[Window]] = [[] for _ in items]
        for part, scores in zip(features.about, logits, strict=True):
            start, end = scores[:, : len(part.offsets)].numpy()
            windows[part.item].append(Window(part.offsets, start, end))
        threshold = None if all(item.answers for item in items) else 0.0
        return [
            answers(item.context, each, _N_BEST, _LONGEST, threshold)[0]
            for item, each in zip(items, windows, strict=True)
        ]

    def majority(self, learnt: Sequence[Question], asked: Sequence[Question]) -> None:
        """There is none: questions have answers of their own."""

    def scores(self, items: Sequence[Question], predictions: Sequence[Answer]) -> dict[str, float]:
        """Exact match and F1."""
        pairs = [
            (given.answer, item.answers) for item, given in zip(items, predictions, strict=True)
        ]
        return {
            "exact": mean(exact_match(*pair) for pair in pairs),
            "f1": mean(overlap_f1(*pair) for pair in pairs),
        }

    def confusion(self, items: Sequence[Question], predictions: Sequence[Answer]) -> None:
        """There is none."""

    def told(self, item: Question, prediction: Answer) -> dict[str, Any]:
        """Return the question, its answers and the one found."""
        asked = {"id": item.id, "question": item.question, "answers": item.answers}
        return {**asked, "predicted": prediction.answer, "score": prediction.score}


def _answers(row: Row, column: str) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Texts and starts: a list of objects, or an object of lists; none where it is impossible."""
    value = row.value(column)
    if isinstance(value, Mapping):
        pairs = [value.get("text"), value.get("answer_start")]
    else:
        listed = value if isinstance(value, list) else [None]
        whole = [each if isinstance(each, Mapping) else {} for each in listed]
        pairs = [[each.get(name) for each in whole] for name in ("text", "answer_start")]
    texts, starts = (tuple(each) if isinstance(each, list) else (None,) for each in pairs)
    are_texts = all(isinstance(text, str) for text in texts)
    if not (are_texts and all(type(s) is int for s in starts) and len(texts) == len(starts)):
        raise row.wrong(column, "has no lists of text and answer_start, as SQuAD has")
    return texts, starts


def text_spans(encoding: BatchEncoding, row: int) -> list[Span | None]:
    """Return the characters of each token; None for those that are not of the text."""
    tokens = zip(encoding["offset_mapping"][row], encoding.sequence_ids(row), strict=True)
    return [span if sequence == 1 else None for span, sequence in tokens]


def answer_tokens(item: Question, spans: Sequence[Span | None]) -> tuple[int, int]:
    """Return the first and the last token of the answer, or [CLS] twice: it is not all there."""
    inside = {place: span for place, span in enumerate(spans) if span is not None}
    if not item.answers or not inside:
        return 0, 0
    begin, end = item.starts[0], item.starts[0] + len(item.answers[0])
    if inside[min(inside)][0] > begin or inside[max(inside)][1] < end:
        return 0, 0
    first = max(place for place, span in inside.items() if span[0] <= begin)
    return first, min(place for place, span in inside.items() if span[1] >= end)
