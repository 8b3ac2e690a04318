"""Anybody's fine-tuning as the judge sees it.

A candidate is `path/to/file.py:NAME` or `package.module:NAME`; NAME is a class with any of

    def build(self, task: str, config: dict, weights: Mapping[str, Tensor]) -> nn.Module: ...
        # with the names of HF's class in its state_dict; `loss` and `run` need it. A task is
        # classify, multi-label, regress  BertForSequenceClassification; config has problem_type
        # tag                             BertForTokenClassification
        # answer                          BertForQuestionAnswering
        # choose                          BertForMultipleChoice; inputs are (batch, choices, seq)
    def loss(self, task: str, model, batch: Mapping[str, Tensor]) -> Tensor: ...
        # batch: input_ids, attention_mask, token_type_ids and labels, of which -100 are ignored;
        # to answer start_positions and end_positions, which are ignored where they are no token
    def align(self, folder, sentences: list[list[str]], tags: list[list[str]], labels: list[str],
              max_length: int): ...
        # folder: a tokenizer's files, as AutoTokenizer.from_pretrained reads them
        # labels: the tags that there are, by their numbers
        # returns for each sentence {"input_ids": […], "labels": […]}, not padded
    def windows(self, folder, questions: list[str], contexts: list[str],
                answers: list[tuple[int, str] | None], max_length: int, stride: int): ...
        # an answer: where it begins in its context, and its text; None where there is none
        # stride: tokens that two windows share, as in HF's tokenizers
        # returns for each window, a question's in a row, {"input_ids": […], "token_type_ids": […],
        # "start_positions": a number, "end_positions": a number}, not padded
    def run(self, task: str, model, dataset, settings: dict): ...
        # whole epochs in the order of HF's Trainer; yields after each optimizer step. All labels
        # of a step count the same, however they are dealt out into batches

Settings have epochs, batch_size, accumulation (batches of a step), learning_rate, warmup,
weight_decay, max_grad_norm and seed. A model is handed over in evaluation mode, as HF's
from_pretrained does.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from parity.suite.candidate import LocalCandidate
from parity.suite.training_runs import Batch, RowsDataset, State, as_built, gradients, states

_COLUMNS = ("input_ids", "token_type_ids", "labels", "start_positions", "end_positions")


class FinetuningCandidate(LocalCandidate):
    """A candidate in this process."""

    METHODS = ("build", "loss", "align", "windows", "run")

    def losses(
        self, task: str, config: dict[str, Any], weights: State, batches: Sequence[Batch]
    ) -> list[State]:
        """Each batch's loss and gradients, in double precision."""
        model = self._built(task, config, weights, "float64")
        losses = (self._maker.loss(task, model, batch) for batch in batches)
        return [gradients(self.name, model, loss) for loss in losses]

    def drops(
        self,
        task: str,
        config: dict[str, Any],
        weights: State,
        batch: Batch,
        matrix: str,
        draws: int,
    ) -> list[Tensor]:
        """The gradient of a matrix, drawn so often in training mode; none if there is no such."""
        model = self._built(task, config, weights, "float64").train()
        torch.manual_seed(0)
        losses = (self._maker.loss(task, model, batch) for _ in range(draws))
        found = (gradients(self.name, model, loss) for loss in losses)
        return [each[matrix] for each in found if matrix in each]

    def align(self, folder: str, **given: Any) -> list[dict[str, list[int]]]:
        return [_plain(row) for row in self._maker.align(Path(folder), **given)]

    def windows(self, folder: str, **given: Any) -> list[dict[str, list[int]]]:
        return [_plain(row) for row in self._maker.windows(Path(folder), **given)]

    def run(
        self,
        task: str,
        config: dict[str, Any],
        weights: State,
        dtype: str,
        examples: Batch,
        settings: dict[str, Any],
    ) -> list[State]:
        model = self._built(task, config, weights, dtype)
        return [*states(model, self._maker.run(task, model, RowsDataset(examples), settings))]

    def _built(self, task: str, config: dict[str, Any], weights: State, dtype: str) -> nn.Module:
        own = {name: tensor.clone() for name, tensor in weights.items()}
        return as_built(self.name, self._maker.build(task, dict(config), own), dtype)


def _plain(row: Any) -> dict[str, list[int]]:
    """Return lists of numbers, whatever they were; other columns are nothing to judge."""
    return {name: torch.as_tensor(row[name]).flatten().tolist() for name in _COLUMNS if name in row}
