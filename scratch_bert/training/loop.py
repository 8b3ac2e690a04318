"""The loop: which examples, how fast, one step after the other; and what it must know to go on."""

from collections.abc import Iterator, Sequence
from random import Random
from typing import NamedTuple, Protocol

import torch
from torch import Tensor, nn

from scratch_bert.training.distributed import processes
from scratch_bert.training.run.layer_decay import freeze
from scratch_bert.training.run.settings import Settings
from scratch_bert.training.shuffle import epoch_order, steps_of_epoch
from scratch_bert.training.step import Batch, Objective, training_step


class Examples(Protocol):
    """What is learnt from."""

    def __len__(self) -> int:
        """How many there are."""
        ...

    def batch(self, numbers: Sequence[int], epoch: int) -> Batch:
        """Put some of them together; other words may be hidden in each epoch."""
        ...


class Phase(NamedTuple):
    """Other examples from a step on: longer ones, say.

    Attributes:
        begin: so many steps come before it.
        examples: that are learnt from then.
    """

    begin: int
    examples: Examples


class Done(NamedTuple):
    """A step that was taken.

    Attributes:
        step: its number, from 1.
        epoch: how often all examples of its phase had been seen before it.
        loss: of its batches.
        gradient_norm: before clipping.
        learning_rate: of this step.
        tokens: that were computed in all processes, without padding.
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
        model: is trained where it is, by all processes there are.
        examples: what from.
        objective: what is made small.
        settings: how.
        later: phases with other examples.

    Attributes:
        step: how many steps were taken; what comes next depends on it and torch's generator alone.

    Raises:
        ValueError: there are several processes, which would all drop the same.
    """

    def __init__(
        self,
        model: nn.Module,
        examples: Examples,
        objective: Objective,
        settings: Settings,
        later: Sequence[Phase] = (),
    ) -> None:
        if processes.number() > 1 and not settings.seed_each_batch:
            raise ValueError("several processes need the setting seed_each_batch")
        self.model = model.train()
        if settings.frozen_layers is not None:
            freeze(model, settings.frozen_layers)
        self.phases = [Phase(0, examples), *later]
        self.objective = objective
        self.settings = settings
        self.step = 0
        self._called = processes.spread(model, settings.parallel)
        self.optimizer = settings.optimizer(model)

    def __iter__(self) -> Iterator[Done]:
        """Take the steps that are left."""
        ends = [phase.begin for phase in self.phases[1:]] + [self.settings.steps]
        for (begin, examples), end in zip(self.phases, ends, strict=True):
            while self.step < end:
                yield from self._epoch(examples, self.step - begin, end)

    def _epoch(self, examples: Examples, taken: int, end: int) -> Iterator[Done]:
        """Take the steps that are left of an epoch; so many of the phase were taken."""
        settings = self.settings
        of_epoch = steps_of_epoch(len(examples), settings.batch_size, settings.accumulation)
        epoch, first = divmod(taken, of_epoch)
        if first == 0:
            torch.empty((), dtype=torch.int64).random_()  # as torch's DataLoader begins
        for numbers in self._steps(len(examples), epoch)[first : first + end - self.step]:
            dealt = [batch.tolist() for batch in torch.split(numbers, settings.batch_size)]
            yield self._take(examples, dealt, epoch)

    def _steps(self, examples: int, epoch: int) -> Sequence[Tensor]:
        """Deal the numbers of examples out to an epoch's steps."""
        order = epoch_order(examples, self.settings.seed, epoch)
        return torch.split(order, self.settings.batch_size * self.settings.accumulation)

    def _take(self, examples: Examples, dealt: Sequence[Sequence[int]], epoch: int) -> Done:
        """Take a step on batches of these examples, of which each process computes its share."""
        settings, device = self.settings, next(self.model.parameters()).device
        places, spare = processes.share(len(dealt))
        batches = []
        for place in [*places, 0] if spare else places:
            batch = examples.batch(dealt[place], epoch)
            batches.append({name: tensor.to(device) for name, tensor in batch.items()})
        rate = settings.rate(self.step)
        for group in self.optimizer.param_groups:
            group["lr"] = rate * group["share"]
        loss, norm = training_step(
            self._called,
            batches,
            self.optimizer,
            self.objective,
            bf16=settings.bf16,
            max_grad_norm=settings.max_grad_norm,
            seeds=self._seeds([*places, 0]) if settings.seed_each_batch else None,
            spare=spare,
        )
        self.step += 1
        tokens = sum(int(batch["attention_mask"].sum()) for batch in batches[: len(places)])
        tokens = int(processes.total(torch.tensor(tokens, device=device)))
        return Done(self.step, epoch, loss.item(), norm.item(), rate, tokens)

    def _seeds(self, places: Sequence[int]) -> list[int]:
        """One for each batch of the next step, by its place among all of that step."""
        seed = self.settings.seed
        return [Random(f"{seed} {self.step} {place}").getrandbits(63) for place in places]  # noqa: S311
