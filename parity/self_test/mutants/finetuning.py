"""Fine-tuning with a known mistake, made with scratch_bert's model and tokenizer and plain code.

Each mistake is a candidate with its own name, `parity.self_test.mutants.finetuning:tag-summed`;
`parity.self_test.mutants.finetuning:right` makes none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import Tensor, nn

import scratch_bert
from parity.core.mistake import Mistake
from parity.finetuning.mistakes import (
    answer_windows,
    head_dropout,
    label_losses,
    runs,
    text_losses,
    token_losses,
    word_tags,
)
from parity.finetuning.mistakes.answer_windows import Answer, Row, Window, windows
from parity.finetuning.mistakes.word_tags import Encoded, align
from parity.finetuning.right import TASKS
from parity.ours.finetuning import ScratchFinetuning
from parity.suite.mistake import RIGHT, Mistaken, by_id
from parity.suite.training_runs import Batch
from scratch_bert.tokenization import BertTokenizer
from scratch_bert.weights.config_file import config_from_values

PARTS: Mapping[str, Sequence[Mistake]] = {
    "Fine-tuning: text classification.": text_losses.MISTAKES["classify"],
    "Fine-tuning: multi-label classification.": label_losses.MISTAKES["multi-label"],
    "Fine-tuning: regression.": label_losses.MISTAKES["regress"],
    "Fine-tuning: token classification.": token_losses.MISTAKES["tag"],
    "Fine-tuning: question answering.": token_losses.MISTAKES["answer"],
    "Fine-tuning: multiple choice.": text_losses.MISTAKES["choose"],
    "Fine-tuning: dropout of the head.": head_dropout.HEAD_DROPOUT,
    "Fine-tuning: labels of the pieces of a word.": word_tags.MISTAKES,
    "Fine-tuning: windows of a long context.": answer_windows.MISTAKES,
    "Fine-tuning: whole epochs.": (*runs.RUN, runs.DROPOUT),
    "Fine-tuning: steps of several batches.": runs.ACCUMULATE,
}
KNOWN = by_id(PARTS)


class Faulty(ScratchFinetuning):
    """A fine-tuning in plain code that makes a mistake, or none.

    Args:
        mistake: which.
    """

    def __init__(self, mistake: Mistake | None) -> None:
        self._check = mistake.stages[0] if mistake else ""
        self._parts = mistake.parts if mistake else {}

    def build(self, task: str, config: dict[str, Any], weights: Mapping[str, Tensor]) -> nn.Module:
        """Build scratch_bert's model; its padding has vectors, as HuggingFace's."""
        model = getattr(scratch_bert, TASKS[task].architecture)(config_from_values(config))
        model.load_state_dict(weights)
        model.bert.register_forward_pre_hook(
            lambda _, given, named: (given, {**named, "attention": "eager"}), with_kwargs=True
        )
        return model

    def loss(self, task: str, model: nn.Module, batch: Batch) -> Tensor:
        """Return a batch's loss."""
        parts = self._of(task) or self._of("dropout")
        return replace(TASKS[task], **parts).loss(model, batch)

    def align(
        self,
        folder: Path,
        sentences: Sequence[Sequence[str]],
        tags: Sequence[Sequence[str]],
        labels: Sequence[str],
        max_length: int,
    ) -> list[Row]:
        """Label the tokens of words."""
        tokenizer = BertTokenizer.from_pretrained(folder)

        def encode(sentence: Sequence[str], most: int | None) -> Encoded:
            made = tokenizer(
                list(sentence),
                is_split_into_words=True,
                truncation=most is not None,
                max_length=most,
            )
            return Encoded(made["input_ids"], made.word_ids())

        return [
            align(encode, *each, labels, max_length, **self._of("align"))
            for each in zip(sentences, tags, strict=True)
        ]

    def windows(
        self,
        folder: Path,
        questions: Sequence[str],
        contexts: Sequence[str],
        answers: Sequence[Answer],
        max_length: int,
        stride: int,
    ) -> list[Row]:
        """Cut texts into windows."""
        tokenizer = BertTokenizer.from_pretrained(folder)

        def encode(question: str, context: str, most: int, shared: int) -> list[Window]:
            made = tokenizer(
                [question],
                [context],
                truncation="only_second",
                max_length=most,
                stride=shared,
                return_overflowing_tokens=True,
                return_offsets_mapping=True,
            )
            columns = (made["input_ids"], made["token_type_ids"], made["offset_mapping"])
            rows = enumerate(zip(*columns, strict=True))
            return [Window(*row, made.sequence_ids(number)) for number, row in rows]

        return [
            row
            for each in zip(questions, contexts, answers, strict=True)
            for row in windows(encode, *each, max_length, stride, **self._of("windows"))
        ]

    def _of(self, check: str) -> Mapping[str, Any]:
        return self._parts if check == self._check else {}


def __getattr__(name: str) -> Faulty | Mistaken:
    """Make a candidate by the id of its mistake."""
    if name in KNOWN and KNOWN[name].replaces:
        return Mistaken(ScratchFinetuning(), [KNOWN[name]])
    if name in KNOWN or name == RIGHT:
        return Faulty(KNOWN.get(name))
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
