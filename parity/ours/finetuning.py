"""scratch_bert's fine-tuning as the first candidate."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from parity.ours.pretraining import DatasetExamples
from parity.suite.training_runs import Batch, State
from scratch_bert.finetuning.tasks.features import Features
from scratch_bert.finetuning.tasks.question_answering import Question, QuestionAnsweringTask
from scratch_bert.finetuning.tasks.registry import TASKS
from scratch_bert.finetuning.tasks.task import Lengths
from scratch_bert.finetuning.tasks.token_classification import Tagged, TokenClassificationTask
from scratch_bert.tokenization import BertTokenizer
from scratch_bert.training.loop import Done, Training
from scratch_bert.training.run.settings import Settings
from scratch_bert.training.shuffle import steps_of_epoch
from scratch_bert.weights.config_file import config_from_values

_ATTENTION = "eager"  # for the reference's bits
Row = dict[str, list[int]]


class ScratchFinetuning:
    """What scratch_bert has for each question."""

    def build(self, task: str, config: dict[str, Any], weights: Mapping[str, Tensor]) -> nn.Module:
        """Build a task's model around the weights."""
        head: Any = TASKS[task].kind.HEAD  # a subclass, whose only argument is the configuration
        model: nn.Module = head(config_from_values(config))
        model.load_state_dict(weights)
        return model

    def loss(self, task: str, model: nn.Module, batch: Batch) -> Tensor:  # noqa: ARG002
        """Return the loss of the head."""
        return model(**batch, attention=_ATTENTION).loss

    def align(
        self,
        folder: Path,
        sentences: Sequence[Sequence[str]],
        tags: Sequence[Sequence[str]],
        labels: Sequence[str],
        max_length: int,
    ) -> list[Row]:
        """Label the tokens of words."""
        task = TokenClassificationTask(TokenClassificationTask.COLUMNS, tuple(labels))
        pairs = zip(sentences, tags, strict=True)
        items = [Tagged(tuple(words), tuple(own)) for words, own in pairs]
        tokenizer = BertTokenizer.from_pretrained(folder)
        return _rows(task.features(items, tokenizer, Lengths(max_length, 0)))

    def windows(
        self,
        folder: Path,
        questions: Sequence[str],
        contexts: Sequence[str],
        answers: Sequence[tuple[int, str] | None],
        max_length: int,
        stride: int,
    ) -> list[Row]:
        """Cut texts into windows."""
        items = []
        for question, context, answer in zip(questions, contexts, answers, strict=True):
            starts, texts = ((answer[0],), (answer[1],)) if answer else ((), ())
            items.append(Question("", question, context, texts, starts))
        task = QuestionAnsweringTask(QuestionAnsweringTask.COLUMNS)
        tokenizer = BertTokenizer.from_pretrained(folder)
        return _rows(task.features(items, tokenizer, Lengths(max_length, stride)))

    def run(
        self, task: str, model: nn.Module, dataset: Dataset[State], settings: Mapping[str, Any]
    ) -> Iterator[Done]:
        """Train for whole epochs."""
        torch.manual_seed(settings["seed"])
        given, examples = dict(settings), DatasetExamples(dataset)
        epochs = given.pop("epochs")
        of_epoch = steps_of_epoch(len(examples), given["batch_size"], given["accumulation"])
        own = Settings(steps=epochs * of_epoch, fused=False, **given)
        objective = TASKS[task].kind({}).objective(_ATTENTION, balanced=None)
        yield from Training(model, examples, objective, own)


def _rows(features: Features) -> list[Row]:
    return [{name: column.tolist() for name, column in row.items()} for row in features.rows]
