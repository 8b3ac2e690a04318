"""The loop: batches, learning rate, loss, backward, clip, optimizer step; and again.

A step depends on its number, the parameters, the optimizer's state and torch's generator alone.
With these four, a run can resume at any step with the same bits (run/checkpoints.py).
"""

from collections.abc import Iterator, Sequence
from random import Random
from typing import NamedTuple

from torch import nn

from scratch_bert.training.distributed import processes
from scratch_bert.training.distributed.step_share import StepShare
from scratch_bert.training.run.layer_decay import freeze
from scratch_bert.training.run.phases import Phase, steps_left
from scratch_bert.training.run.settings import Settings
from scratch_bert.training.shuffle import Examples
from scratch_bert.training.step import Objective, training_step


class Done(NamedTuple):
    """A step that was taken.

    Attributes:
        step: its number, from 1.
        epoch: number of whole epochs before it, in its phase.
        gradient_norm: before clipping.
        tokens: number of tokens in all processes, without padding.
    """

    step: int
    epoch: int
    loss: float
    gradient_norm: float
    learning_rate: float
    tokens: int


class Training:
    """A model in training; iterate over it to train.

    Args:
        model: trained in place.
        examples: the training data.
        objective: the loss that is minimized.
        settings: sizes, learning rate, number of steps.
        later: phases with other examples, which follow these ones.

    Attributes:
        step: number of steps taken.
    """

    def __init__(
        self,
        model: nn.Module,
        examples: Examples,
        objective: Objective,
        settings: Settings,
        later: Sequence[Phase] = (),
    ) -> None:
        self.model = model.train()  # from_pretrained returns it in evaluation mode, without dropout
        self.phases = [Phase(0, examples), *later]
        self.objective = objective
        self.settings = settings
        self.step = 0
        freeze(model, settings.frozen_layers)
        # The same model; with several processes it also adds up their gradients.
        self._distributed = processes.spread(model, settings.parallel)
        self.optimizer = settings.optimizer(model)

    def __iter__(self) -> Iterator[Done]:
        """Take the steps that are left; in each epoch every example is seen once."""
        # `steps_left` shuffles each epoch (shuffle.py) and cuts a step's examples into batches.
        for examples, indices, epoch in steps_left(self.phases, self.settings, self.step):
            yield self.take_step(examples, indices, epoch)

    def take_step(self, examples: Examples, indices: Sequence[Sequence[int]], epoch: int) -> Done:
        """Take the next step; `indices` are the examples of each of its batches."""
        settings, device = self.settings, next(self.model.parameters()).device
        seeds = self._seeds if settings.seed_each_batch else None
        # This process's part of the step: its batches, and the objective for these. A single
        # process has all batches.
        part = StepShare(self.objective, len(indices), device, seeds)
        batches = part.batches(examples, indices, epoch)
        # From the number of steps taken before (schedule.py): after a warm-up's first step, which
        # has the rate 0, no parameter has changed.
        rate = settings.rate(self.step)
        for group in self.optimizer.param_groups:
            group["lr"] = rate * group["share"]  # less than 1 for lower layers, with layer decay
        step = training_step(
            self._distributed,
            batches,
            self.optimizer,
            part,
            bf16=settings.bf16,
            max_grad_norm=settings.max_grad_norm,
        )
        self.step += 1
        loss, norm, tokens = part.totals(step, batches)
        return Done(self.step, epoch, loss, norm, rate, tokens)

    def _seeds(self, places: Sequence[int]) -> list[int]:
        """Seed each batch's dropout by its place in the step, however many processes there are."""
        seed = self.settings.seed
        return [Random(f"{seed} {self.step} {place}").getrandbits(63) for place in places]  # noqa: S311
