"""The order of the training data: shuffled in every epoch, and known before the epoch begins.

The order follows from the seed and the epoch alone, so a run can resume in the middle of an epoch
without reading what came before. Ten examples in batches of two, two batches a step:

>>> [step.tolist() for step in epoch_steps(10, batch_size=2, accumulation=2, seed=0, epoch=0)]
[[4, 1, 7, 5], [3, 9, 0, 8], [6, 2]]
>>> steps_of_epoch(10, batch_size=2, accumulation=2)
3
"""

from collections.abc import Sequence
from typing import Protocol

import torch
from jaxtyping import Int
from torch import Tensor

from scratch_bert.training.step import Batch


class Examples(Protocol):
    """Training data."""

    def __len__(self) -> int:
        """Count the examples."""
        ...

    def batch(self, indices: Sequence[int], epoch: int) -> Batch:
        """Make a batch of some examples; masks and pairs may be resampled every epoch."""
        ...


def epoch_order(examples: int, seed: int, epoch: int) -> Int[Tensor, " examples"]:
    """Shuffle the indices 0 to `examples` - 1 (HF `Trainer`, torch's `RandomSampler`)."""
    # Another seed for each epoch: with the same order, the same examples would always come last.
    generator = torch.Generator().manual_seed(seed + epoch)
    return torch.randperm(examples, generator=generator)


def epoch_steps(
    examples: int, batch_size: int, accumulation: int, seed: int, epoch: int
) -> Sequence[Int[Tensor, " _"]]:
    """Return the indices of each step's examples, all its batches together.

    The last step takes what is left, as in HF's `Trainer`: dropping it would leave examples out.
    """
    return torch.split(epoch_order(examples, seed, epoch), batch_size * accumulation)


def steps_of_epoch(examples: int, batch_size: int, accumulation: int) -> int:
    """Count the steps of an epoch; the last one may have fewer examples."""
    return -(-examples // (batch_size * accumulation))  # rounded up
