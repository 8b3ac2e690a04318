"""Pretraining with a known mistake, made with scratch_bert's model and plain code.

Each mistake is a candidate with its own name, `parity.self_test.mutants.pretraining:masks-always`;
`parity.self_test.mutants.pretraining:right` makes none.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset, default_collate

from parity.core.mistake import Mistake
from parity.ours.pretraining import ScratchTraining
from parity.pretraining.mistakes import (
    initial_weights,
    losses,
    masking,
    orders,
    processes,
    sentence_pairs,
    steps,
)
from parity.pretraining.mistakes.orders import epoch_steps
from parity.pretraining.mistakes.sentence_pairs import Documents, Pair
from parity.pretraining.right import Recipe, loss_of, train
from parity.suite.mistake import RIGHT, by_id
from parity.suite.training_runs import Batch, State

PARTS: dict[str, tuple[Mistake, ...]] = {
    "Pretraining: first weights.": initial_weights.MISTAKES,
    "Pretraining: hidden words.": masking.MISTAKES,
    "Pretraining: pairs of sentences.": sentence_pairs.MISTAKES,
    "Pretraining: the loss.": losses.MISTAKES,
    "Pretraining: optimiser steps.": (*steps.STEPS, steps.DROPOUT),
    "Pretraining: stopped, and gone on with.": processes.RESUMED,
    "Pretraining: several processes.": processes.PROCESSES,
    "Pretraining: the order of examples.": orders.MISTAKES,
}
KNOWN = by_id(PARTS)


class Faulty:
    """A pretraining in plain code that makes a mistake, or none.

    Args:
        mistake: which.
    """

    def __init__(self, mistake: Mistake | None) -> None:
        self._check = mistake.stages[0] if mistake else ""
        self._parts = mistake.parts if mistake else {}
        self._recipe = Recipe()
        if self._check in ("loss", "steps", "dropout", "resume", "processes"):
            self._recipe = Recipe(**self._parts)

    def initial(self, config: dict[str, Any], seed: int) -> State:
        """Draw fresh weights, some of them again."""
        weights = ScratchTraining().initial(config, seed)
        if self._check != "initial":
            return weights
        draw = torch.Generator().manual_seed(seed)
        return self._parts["make"](weights, 0.02, draw)

    def mask(
        self,
        input_ids: Tensor,
        special_tokens_mask: Tensor,
        vocab_size: int,
        mask_token_id: int,
        seed: int,
    ) -> State:
        """Hide words."""
        given = (input_ids, special_tokens_mask, vocab_size, mask_token_id, seed)
        return masking.hide_words(*given, **self._of("masks"))

    def pairs(self, documents: Documents, seq_length: int, seed: int) -> Iterator[Pair]:
        """Cut documents into pairs."""
        return sentence_pairs.sentence_pairs(documents, seq_length, seed, **self._of("pairs"))

    def build(self, config: dict[str, Any], weights: Mapping[str, Tensor]) -> nn.Module:
        """Build scratch_bert's model."""
        return ScratchTraining().build(config, weights)

    def loss(self, model: nn.Module, batch: Batch) -> Tensor:
        """Return a batch's loss."""
        return loss_of(model, batch, self._recipe)

    def train(
        self,
        model: nn.Module,
        steps: Sequence[Sequence[Batch]],
        settings: Mapping[str, Any],
        folder: Path | None = None,
    ) -> Iterator[int]:
        """Train, in each of several processes where there are some."""
        if int(os.environ.get("WORLD_SIZE", "1")) > 1:
            torch.distributed.init_process_group()
        return train(model, steps, settings, self._recipe, folder)

    def run(
        self, model: nn.Module, dataset: Dataset[State], settings: Mapping[str, Any]
    ) -> Iterator[int]:
        """Train for whole epochs, in some order."""
        rows = default_collate([dataset[i] for i in range(len(dataset))])  # type: ignore[arg-type]
        names = ("epochs", "batch_size", "seed")
        dealt = epoch_steps(rows, **{name: settings[name] for name in names}, **self._of("run"))
        return train(model, dealt, {**settings, "steps": len(dealt)}, self._recipe)

    def _of(self, check: str) -> Mapping[str, Any]:
        return self._parts if check == self._check else {}


def __getattr__(name: str) -> Faulty:
    """Make a candidate by the name of its mistake."""
    if name in KNOWN or name == RIGHT:
        return Faulty(KNOWN.get(name))
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
