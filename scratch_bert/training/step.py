"""One step of training: several batches, one change of the parameters."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import NamedTuple, Protocol

import torch
from torch import Tensor, nn

from scratch_bert.training.distributed import processes

Batch = Mapping[str, Tensor]


class Objective(Protocol):
    """What training makes small."""

    def count(self, batches: Sequence[Batch]) -> Sequence[int]:
        """Count what the losses of a step's batches are divided by, all together."""
        ...

    def loss(self, model: nn.Module, batch: Batch, counts: Sequence[int]) -> Tensor:
        """Return a batch's share of its step's loss; `counts` are of all processes."""
        ...


class Step(NamedTuple):
    """What a step came to.

    Attributes:
        loss: of all its batches together.
        gradient_norm: of all gradients together, before they were clipped.
    """

    loss: Tensor
    gradient_norm: Tensor


def training_step(
    model: nn.Module,
    batches: Sequence[Batch],
    optimizer: torch.optim.Optimizer,
    objective: Objective,
    *,
    bf16: bool = False,
    max_grad_norm: float = 1.0,
    seeds: Sequence[int] | None = None,
    spare: bool = False,
) -> Step:
    """Sum the gradients of batches, clip them, and let the optimiser step.

    However a step's examples are dealt out into batches, each counts the same.

    Args:
        model: in training mode.
        batches: one after the other, to need less memory at a time (gradient accumulation); of
            several processes, those that this one computes, as many as each of them.
        optimizer: its gradients are none before and after.
        objective: gives each batch's loss.
        bf16: compute matrix products in bfloat16 (torch.autocast).
        max_grad_norm: gradients longer than this, together, are shortened to it.
        seeds: what each batch's dropout is drawn from; None draws on from what was drawn before.
        spare: the last batch is another process's, computed to keep in step; it counts nothing.
    """
    device, last = next(model.parameters()).device, len(batches) - 1
    counts = divisors(objective, batches[:last] if spare else batches, len(batches), device)
    total = torch.zeros((), device=device)
    for place, batch in enumerate(batches):
        if seeds is not None:
            torch.manual_seed(seeds[place])
        with processes.without_sum(model) if place < last else nullcontext():
            with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
                loss = objective.loss(model, batch, counts[place])
            if spare and place == last:
                loss = loss * 0
            loss.backward()  # type: ignore[no-untyped-call]
        total += loss.detach()
    norm = clip(model, max_grad_norm)
    optimizer.step()
    optimizer.zero_grad()
    return Step(processes.total(total), processes.whole(norm))


def divisors(
    objective: Objective, counted: Sequence[Batch], batches: int, device: torch.device
) -> list[Sequence[int]]:
    """Return what each batch's losses are divided by: the labels of the whole step.

    A mean of the batches' means would weigh a label more where its batch has few of them.

    Args:
        objective: counts labels.
        counted: those of this process's batches that count.
        batches: how many this process computes.
        device: of the model.
    """
    own = torch.tensor(objective.count(counted), device=device)
    return [processes.total(own).tolist()] * batches


def clip(model: nn.Module, longest: float) -> Tensor:
    """Shorten all gradients together to a length; returns the length that they had."""
    return nn.utils.clip_grad_norm_(model.parameters(), longest)
