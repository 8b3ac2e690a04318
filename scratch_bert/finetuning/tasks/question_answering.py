"""Find the answer to a question in a text (SQuAD; paper: section 4.2; HF run_qa.py).

A long text becomes several windows that overlap. If a window does not have the whole answer, or
there is no answer, the answer's first and last token are [CLS].
"""

from collections.abc import Mapping, Sequence
from statistics import mean
from typing import Any, ClassVar, NamedTuple

import torch

from scratch_bert.errors import CorpusError
from scratch_bert.finetuning.results.squad_metrics import exact_match, overlap_f1
from scratch_bert.finetuning.tables.rows import Row
from scratch_bert.finetuning.tasks.features import Features, tokenize
from scratch_bert.finetuning.tasks.objectives import SpanCrossEntropy
from scratch_bert.finetuning.tasks.task import Lengths, Logits, Task
from scratch_bert.inference.tasks.spans import Answer, Window, answers
from scratch_bert.model.task_heads import BertForQuestionAnswering
from scratch_bert.tokenization import BertTokenizer
from scratch_bert.tokenization.interface.batch_encoding import BatchEncoding

_N_BEST, _MAX_ANSWER_LENGTH = 20, 30  # run_qa.py's n_best_size and max_answer_length
Span = tuple[int, int]


class Question(NamedTuple):
    """A question about a text.

    Attributes:
        id: its name, for the predictions.
        answers: the right answers, of which the first is trained; empty if there is none.
        starts: the first character of each answer in the text.
    """

    id: str
    question: str
    context: str
    answers: tuple[str, ...]
    starts: tuple[int, ...]

    @property
    def key(self) -> object:
        """The text, so that no held-out question is about a text of the training data."""
        return self.context


class WindowAlignment(NamedTuple):
    """Where the tokens of a window are from.

    Attributes:
        question: the number of its question.
        offsets: the characters of each token; None for tokens that are not of the text.
    """

    question: int
    offsets: list[Span | None]


class QuestionAnsweringTask(Task):
    """Predict the first and the last token of an answer."""

    HEAD = BertForQuestionAnswering
    OBJECTIVE = SpanCrossEntropy
    METRIC = "f1"
    COLUMNS: ClassVar[Mapping[str, str]] = {
        name: name for name in ("question", "context", "answers")
    }

    def read(self, row: Row) -> Question:
        """Read a question; its answers as in SQuAD's files or in HF `datasets`."""
        question, context = row.text(self.columns["question"]), row.text(self.columns["context"])
        column = self.columns["answers"]
        texts, starts = _answers(row, column)
        for text, start in zip(texts, starts, strict=True):
            if not text or context[start : start + len(text)] != text:
                there = context[max(start, 0) : start + len(text)] if start >= 0 else ""
                why = f"{text!r} is not in the text at {start}, where {there!r} is"
                raise row.wrong(column, why)
        return Question(str(row.values.get("id", row.place)), question, context, texts, starts)

    def features(
        self, examples: Sequence[Question], tokenizer: BertTokenizer, lengths: Lengths
    ) -> Features:
        """[CLS] question [SEP] window of the text [SEP].

        Raises:
            CorpusError: a question leaves no room for its text.
        """
        special = tokenizer.num_special_tokens_to_add(pair=True)
        for each in examples:
            own = len(tokenizer(each.question, add_special_tokens=False)["input_ids"])
            if own + lengths.stride + special >= lengths.max_length:
                room = f"a stride of {lengths.stride} no text fits into {lengths.max_length}"
                raise CorpusError(f"question {each.id}: has {own} tokens; beside it and {room}")
        encoding, rows = tokenize(
            tokenizer,
            [each.question for each in examples],
            [each.context for each in examples],
            truncation="only_second",
            max_length=lengths.max_length,
            stride=lengths.stride,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
        )
        alignments = []
        for number, question in enumerate(encoding["overflow_to_sample_mapping"]):
            spans = text_spans(encoding, number)
            alignments.append(WindowAlignment(question, spans))
            first, last = answer_tokens(examples[question], spans)
            rows[number]["start_positions"] = torch.tensor(first)
            rows[number]["end_positions"] = torch.tensor(last)
        return Features(rows, tokenizer.pad_token_id, alignments)

    def predictions(
        self, examples: Sequence[Question], features: Features, logits: Logits
    ) -> list[Answer]:
        """Take the best answer of each question's windows.

        "No answer" can be predicted only if some question has none (SQuAD 2.0).
        """
        windows: list[list[Window]] = [[] for _ in examples]
        for window, scores in zip(features.alignments, logits, strict=True):
            start, end = scores[:, : len(window.offsets)].numpy()
            windows[window.question].append(Window(window.offsets, start, end))
        threshold = None if all(each.answers for each in examples) else 0.0
        return [
            answers(each.context, own, _N_BEST, _MAX_ANSWER_LENGTH, threshold)[0]
            for each, own in zip(examples, windows, strict=True)
        ]

    def metrics(
        self, examples: Sequence[Question], predictions: Sequence[Answer]
    ) -> dict[str, float]:
        """Exact match and F1."""
        pairs = [
            (given.answer, each.answers) for each, given in zip(examples, predictions, strict=True)
        ]
        return {
            "exact": mean(exact_match(*pair) for pair in pairs),
            "f1": mean(overlap_f1(*pair) for pair in pairs),
        }

    def record(self, example: Question, prediction: Answer) -> dict[str, Any]:
        """Return the question without its text, its answers and the prediction."""
        given = {"id": example.id, "question": example.question, "answers": example.answers}
        return {**given, "predicted": prediction.answer, "score": prediction.score}


def _answers(row: Row, column: str) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Read texts and starts: a list of objects, or an object of lists; empty without an answer."""
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
    """Return the characters of each token; None for tokens that are not of the text."""
    tokens = zip(encoding["offset_mapping"][row], encoding.sequence_ids(row), strict=True)
    return [span if sequence == 1 else None for span, sequence in tokens]


def answer_tokens(question: Question, spans: Sequence[Span | None]) -> tuple[int, int]:
    """Return the first and the last token of the answer; [CLS] twice if it is not all there."""
    inside = {place: span for place, span in enumerate(spans) if span is not None}
    if not question.answers or not inside:
        return 0, 0
    begin, end = question.starts[0], question.starts[0] + len(question.answers[0])
    if inside[min(inside)][0] > begin or inside[max(inside)][1] < end:
        return 0, 0
    first = max(place for place, span in inside.items() if span[0] <= begin)
    return first, min(place for place, span in inside.items() if span[1] >= end)
