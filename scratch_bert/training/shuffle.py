"""In which order examples are learnt from: another one in each epoch, and known beforehand."""

import torch
from jaxtyping import Int
from torch import Tensor


def epoch_order(examples: int, seed: int, epoch: int) -> Int[Tensor, " examples"]:
    """Shuffle the numbers of examples (HF `Trainer`, torch's `RandomSampler`)."""
    generator = torch.Generator().manual_seed(seed + epoch)
    return torch.randperm(examples, generator=generator)


def steps_of_epoch(examples: int, batch_size: int, accumulation: int) -> int:
    """Count an epoch's steps; the last one may have fewer batches, the last batch fewer examples.

    >>> steps_of_epoch(10, batch_size=2, accumulation=2)
    3
    """
    return -(-examples // (batch_size * accumulation))
