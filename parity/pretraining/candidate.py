"""Anybody's pretraining as the judge sees it.

A candidate is `path/to/file.py:NAME` or `package.module:NAME`; NAME is a class with any of

    def initial(self, config: dict, seed: int) -> Mapping[str, Tensor]: ...
        # fresh weights of BertForPreTraining, under HF's names
    def mask(self, input_ids, special_tokens_mask, vocab_size, mask_token_id, seed): ...
        # tensors (batch, seq); returns {"input_ids": …, "labels": …}
    def pairs(self, documents: list[list[list[int]]], seq_length: int, seed: int): ...
        # documents of sentences of ids; yields (first, second, is_random_next)
    def build(self, config: dict, weights: Mapping[str, Tensor]) -> nn.Module: ...
        # with HF's names in its state_dict; what follows needs it
    def loss(self, model, batch: Mapping[str, Tensor]) -> Tensor: ...
        # batch: input_ids, attention_mask, token_type_ids, labels, next_sentence_label
    def train(self, model, steps: list[list[batch]], settings: dict, folder=None): ...
        # yields after each optimizer step, which is of one or more batches; with `folder` it
        # writes there what it needs, and goes on from it when it is called again; where WORLD_SIZE
        # is set it calls torch.distributed.init_process_group() and deals the batches out
    def run(self, model, dataset, settings: dict): ...
        # whole epochs in the order of HF's Trainer; yields after each optimizer step

Settings have learning_rate, warmup, weight_decay, max_grad_norm and seed, for `train` the number of
steps, for `run` epochs and batch_size. A model is handed over in evaluation mode, as HF's
from_pretrained does.
"""

import inspect
import os
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from parity.suite.candidate import LocalCandidate
from parity.suite.training_runs import Batch, RowsDataset, State, as_built, gradients, states


class TrainingCandidate(LocalCandidate):
    """A candidate in this process."""

    METHODS = ("initial", "mask", "pairs", "build", "loss", "train", "run")

    def has(self) -> list[str]:
        """Return which of METHODS it has, and "folder" where `train` takes one."""
        found = super().has()
        if "train" in found and "folder" in inspect.signature(self._maker.train).parameters:
            found.append("folder")
        return found

    def initial(self, config: dict[str, Any], seed: int) -> State:
        return dict(self._maker.initial(config, seed))

    def mask(self, input_ids: Tensor, **given: Any) -> State:
        """What is read, its labels, and what became of the ids that were given."""
        own = input_ids.clone()
        made = self._maker.mask(own, **given)
        return {"input_ids": made["input_ids"], "labels": made["labels"], "given": own}

    def pairs(
        self, documents: list[list[list[int]]], seq_length: int, seed: int
    ) -> list[tuple[list[int], list[int], int]]:
        made = self._maker.pairs(documents, seq_length, seed)
        return [
            ([int(i) for i in first], [int(i) for i in second], int(label))
            for first, second, label in made
        ]

    def losses(
        self, config: dict[str, Any], weights: State, batches: Sequence[Batch]
    ) -> list[State]:
        """Each batch's loss and gradients, in double precision."""
        model = self._built(config, weights, "float64")
        losses = (self._maker.loss(model, batch) for batch in batches)
        return [gradients(self.name, model, loss) for loss in losses]

    def train(
        self,
        config: dict[str, Any],
        weights: State,
        dtype: str,
        steps: list[list[Batch]],
        settings: dict[str, Any],
        folder: str = "",
        stop: int = 0,
        environment: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """The parameters after each step, and whether processes were joined.

        Args:
            config: of the model.
            weights: it begins with.
            dtype: it computes in.
            steps: batches of each.
            settings: of the training.
            folder: to keep in what is needed to go on; "" gives none.
            stop: after so many steps it is stopped; 0 never.
            environment: variables to set first.
        """
        os.environ.update(environment or {})
        model = self._built(config, weights, dtype)
        more = {"folder": Path(folder)} if folder else {}
        running = self._maker.train(model, steps, settings, **more)
        found = list(islice(states(model, running), stop or None))
        if stop:
            running.close()
        joined = torch.distributed.is_available() and torch.distributed.is_initialized()
        if joined:
            torch.distributed.destroy_process_group()
        return {"states": found, "joined": joined}

    def run(
        self,
        config: dict[str, Any],
        weights: State,
        dtype: str,
        examples: Batch,
        settings: dict[str, Any],
    ) -> list[State]:
        model = self._built(config, weights, dtype)
        return [*states(model, self._maker.run(model, RowsDataset(examples), settings))]

    def _built(self, config: dict[str, Any], weights: State, dtype: str) -> nn.Module:
        own = {name: tensor.clone() for name, tensor in weights.items()}
        return as_built(self.name, self._maker.build(dict(config), own), dtype)
