"""Mistakes of the order of examples, over whole epochs."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from parity.suite.mistake import KnownMistakes
from scratch_bert.training.shuffle import epoch_order, epoch_steps, steps_of_epoch

MISTAKES = KnownMistakes("run", "two epochs beside HuggingFace's Trainer")

_ORDER = "torch.randperm(examples, generator=torch.Generator().manual_seed(seed + epoch))"

Order = Callable[[int, int, int], Tensor]


@MISTAKES("run-not-shuffled", epoch_order, _ORDER)
def examples_are_not_shuffled(_: Order, examples: int, _seed: int, _epoch: int) -> Tensor:
    """Examples are seen in the order of the data set."""
    return torch.arange(examples)


@MISTAKES("run-same-order", epoch_order, _ORDER)
def every_epoch_has_the_same_order(right: Order, examples: int, seed: int, _: int) -> Tensor:
    """Every epoch has the order of the first."""
    return right(examples, seed, 0)


@MISTAKES("run-one-generator", epoch_order, _ORDER, seen="DataLoader(shuffle=True, generator=…)")
def one_generator_shuffles_all_epochs(_: Order, examples: int, seed: int, epoch: int) -> Tensor:
    """One generator shuffles all epochs, one after the other."""
    generator = torch.Generator().manual_seed(seed)
    return [torch.randperm(examples, generator=generator) for _ in range(epoch + 1)][-1]


@MISTAKES("run-epochs-from-1", epoch_order, _ORDER)
def epochs_are_counted_from_1(right: Order, examples: int, seed: int, epoch: int) -> Tensor:
    """Epochs are counted from 1 where the order is drawn."""
    return right(examples, seed, epoch + 1)


def _whole_batches(
    right: Callable[..., int], examples: int, batch_size: int, accumulation: int
) -> int:
    return right(examples - examples % batch_size, batch_size, accumulation)


@MISTAKES(
    "run-drops-last",
    epoch_steps,
    "drop_last=False, as the Trainer's dataloader_drop_last",
    count=(steps_of_epoch, _whole_batches),
)
def last_batch_is_dropped(
    right: Callable[..., Sequence[Tensor]],
    examples: int,
    batch_size: int,
    accumulation: int,
    *given: Any,
) -> Sequence[Tensor]:
    """An epoch's last batch is left out, since it is not full."""
    order = torch.cat([*right(examples, batch_size, accumulation, *given)])
    return torch.split(order[: examples - examples % batch_size], batch_size * accumulation)
