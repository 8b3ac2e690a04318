"""The steps of a training that are left: epochs, and phases with other examples."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch

from scratch_bert.training.run.settings import Settings
from scratch_bert.training.shuffle import Examples, epoch_steps, steps_of_epoch


class Phase(NamedTuple):
    """Other examples from a step on, such as longer ones (paper: appendix A.2).

    Attributes:
        begin: number of steps before it.
        examples: the training data from then on.
    """

    begin: int
    examples: Examples


def steps_left(
    phases: Sequence[Phase], settings: Settings, step: int
) -> Iterator[tuple[Examples, list[list[int]], int]]:
    """Yield what each step learns from: examples, the indices of each batch, and the epoch.

    Args:
        phases: in order; the first one begins at 0.
        settings: of the training.
        step: number of steps that were taken already.
    """
    ends = [phase.begin for phase in phases[1:]] + [settings.steps]
    sizes = settings.batch_size, settings.accumulation
    for (begin, examples), end in zip(phases, ends, strict=True):
        while step < end:
            epoch, first = divmod(step - begin, steps_of_epoch(len(examples), *sizes))
            if first == 0:
                torch.empty((), dtype=torch.int64).random_()  # as torch's DataLoader begins
            steps = epoch_steps(len(examples), *sizes, settings.seed, epoch)
            for indices in steps[first : first + end - step]:
                batches = torch.split(indices, settings.batch_size)
                yield examples, [batch.tolist() for batch in batches], epoch
                step += 1
