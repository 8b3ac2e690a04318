"""A process's share of a training step, hidden from the step behind its objective."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext

import torch
from torch import Tensor, nn

from scratch_bert.training.distributed import processes
from scratch_bert.training.shuffle import Examples
from scratch_bert.training.step import Batch, Objective, Step


class StepShare:
    """The batches of one step that this process computes; a single process computes all.

    It is the step's `Objective`: its counts are those of all processes, and its `loss` must be
    called once for each batch, in order. A process that has one batch fewer than another repeats
    the step's first batch and multiplies its loss by 0, because DDP and FSDP wait for all processes
    in each backward pass.

    Args:
        objective: the training's.
        batches: number of batches of the step, in all processes.
        device: the model's.
        seeds: maps the places of batches in the step to the seeds of their dropout; None continues
            torch's generator.

    Attributes:
        objective: the training's.

    Raises:
        ValueError: several processes have no seeds, and would all drop the same.
    """

    def __init__(
        self,
        objective: Objective,
        batches: int,
        device: torch.device,
        seeds: Callable[[Sequence[int]], Sequence[int]] | None,
    ) -> None:
        if processes.number() > 1 and seeds is None:
            raise ValueError("several processes need the setting seed_each_batch")
        self.objective, self._device = objective, device
        own, repeats_one = processes.share(batches)
        self._own, self._places = len(own), [*own, 0] if repeats_one else [*own]
        self._seeds = seeds(self._places) if seeds else None
        self._computed = 0

    def batches(
        self, examples: Examples, indices: Sequence[Sequence[int]], epoch: int
    ) -> list[Batch]:
        """Make this process's batches; `indices` are the examples of each of the step's."""
        made = (examples.batch(indices[place], epoch) for place in self._places)
        return [{name: each.to(self._device) for name, each in batch.items()} for batch in made]

    def count(self, batches: Sequence[Batch]) -> Sequence[int]:
        """Count the labels of the step's batches in all processes."""
        return self._total(self.objective.count(batches[: self._own]))

    def loss(self, model: nn.Module, batch: Batch, counts: Sequence[int]) -> Tensor:
        """Return the loss of the next batch; gradients are exchanged with the last one."""
        place, self._computed = self._computed, self._computed + 1
        if self._seeds is not None:
            torch.manual_seed(self._seeds[place])
        is_last = self._computed == len(self._places)
        # DDP decides in the forward pass whether the backward pass exchanges gradients.
        with nullcontext() if is_last else processes.without_sum(model):
            loss = self.objective.loss(model, batch, counts)
        return loss if place < self._own else loss * 0

    def totals(self, step: Step, batches: Sequence[Batch]) -> tuple[float, float, int]:
        """Return the loss, gradient norm and number of tokens of the step in all processes."""
        loss, norm = processes.total(step.loss), processes.whole(step.gradient_norm)
        own = sum(int(batch["attention_mask"].sum()) for batch in batches[: self._own])
        return loss.item(), norm.item(), self._total([own])[0]

    def _total(self, numbers: Sequence[int]) -> list[int]:
        return processes.total(torch.tensor(numbers, device=self._device)).tolist()
