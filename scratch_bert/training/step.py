"""One step of training: several batches, one change of the parameters."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor, nn

Batch = Mapping[str, Tensor]


class Objective(Protocol):
    """What training makes small."""

    def count(self, batches: Sequence[Batch]) -> Any:
        """Count what the losses of a step's batches are divided by, all together."""
        ...

    def loss(self, model: nn.Module, batch: Batch, counts: Any) -> Tensor:
        """Return a batch's share of its step's loss."""
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
) -> Step:
    """Sum the gradients of batches, clip them, and let the optimiser step.

    However a step's examples are dealt out into batches, each counts the same.

    Args:
        model: in training mode.
        batches: one after the other, to need less memory at a time (gradient accumulation).
        optimizer: its gradients are none before and after.
        objective: gives each batch's loss.
        bf16: compute matrix products in bfloat16 (torch.autocast).
        max_grad_norm: gradients longer than this, together, are shortened to it.
    """
    counts, device = objective.count(batches), next(model.parameters()).device
    total = torch.zeros((), device=device)
    for batch in batches:
        with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
            loss = objective.loss(model, batch, counts)
        loss.backward()  # type: ignore[no-untyped-call]
        total += loss.detach()
    norm = nn.utils.clip_grad_norm_(model.parameters(), max_grad_norm)
    optimizer.step()
    optimizer.zero_grad()
    return Step(total, norm)
