"""The loop: which examples, how fast, one step after the other; and what it must know to go on."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

import torch
from torch import nn

from scratch_bert.training.order import epoch_order, steps_of_epoch
from scratch_bert.training.settings import Settings
from scratch_bert.training.step import Batch, Objective, training_step


class Examples(Protocol):
    """What is learnt from."""

    def __len__(self) -> int:
        """How many there are."""
        ...

    def batch(self, numbers: Sequence[int], epoch: int) -> Batch:
        """Put some of them together; other words may be hidden in each epoch."""
        ...


class Done(NamedTuple):
    """A step that was taken.

    Attributes:
        step: its number, from 1.
        epoch: how often all examples had been seen before it.
        loss: of its batches.
        gradient_norm: before clipping.
        learning_rate: of this step.
        tokens: that were computed, without padding.
    """

    step: int
    epoch: int
    loss: float
    gradient_norm: float
    learning_rate: float
    tokens: int


class Training:
    """A model in training.

    Args:
        model: is trained where it is.
        examples: what from.
        objective: what is made small.
        settings: how.

    Attributes:
        step: how many steps were taken; what comes next depends on it and torch's generator alone.
    """

    def __init__(
        self, model: nn.Module, examples: Examples, objective: Objective, settings: Settings
    ) -> None:
        self.model = model.train()
        self.examples = examples
        self.objective = objective
        self.settings = settings
        self.optimizer = settings.optimizer(model)
        self.step = 0

    def __iter__(self) -> Iterator[Done]:
        """Take the steps that are left."""
        settings = self.settings
        size = settings.batch_size * settings.accumulation
        of_epoch = steps_of_epoch(len(self.examples), settings.batch_size, settings.accumulation)
        while self.step < settings.steps:
            epoch, first = divmod(self.step, of_epoch)
            if first == 0:
                torch.empty((), dtype=torch.int64).random_()  # as torch's DataLoader begins
            order = epoch_order(len(self.examples), settings.seed, epoch)
            for place in range(first, min(of_epoch, first + settings.steps - self.step)):
                yield self._take(order[place * size : (place + 1) * size], epoch)

    def _take(self, numbers: Sequence[int], epoch: int) -> Done:
        settings, device = self.settings, next(self.model.parameters()).device
        batches = []
        for start in range(0, len(numbers), settings.batch_size):
            batch = self.examples.batch(numbers[start : start + settings.batch_size], epoch)
            batches.append({name: tensor.to(device) for name, tensor in batch.items()})
        rate = settings.rate(self.step)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        loss, norm = training_step(
            self.model,
            batches,
            self.optimizer,
            self.objective,
            bf16=settings.bf16,
            max_grad_norm=settings.max_grad_norm,
        )
        self.step += 1
        tokens = sum(int(batch["attention_mask"].sum()) for batch in batches)
        return Done(self.step, epoch, loss.item(), norm.item(), rate, tokens)
