"""One step of training: several batches, one change of the parameters."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from scratch_bert.heads import BertForMaskedLM, BertForPreTraining
from scratch_bert.pretraining.objective import Batch, Counts, objective


class Step(NamedTuple):
    """What a step came to.

    Attributes:
        loss: per hidden word, plus per pair.
        gradient_norm: of all gradients together, before they were clipped.
    """

    loss: Tensor
    gradient_norm: Tensor


def training_step(
    model: BertForPreTraining | BertForMaskedLM,
    batches: Sequence[Batch],
    optimizer: torch.optim.Optimizer,
    *,
    attention: str = "packed",
    bf16: bool = False,
    max_grad_norm: float = 1.0,
) -> Step:
    """Sum the gradients of batches, clip them, and let the optimiser step.

    However a step's examples are dealt out into batches, each hidden word counts the same.

    Args:
        model: in training mode.
        batches: one after the other, to need less memory at a time (gradient accumulation).
        optimizer: its gradients are none before and after.
        attention: "packed" computes no padding.
        bf16: compute matrix products in bfloat16 (torch.autocast).
        max_grad_norm: gradients longer than this, together, are shortened to it.
    """
    counts, device = Counts.of(batches), next(model.parameters()).device
    total = torch.zeros((), device=device)
    for batch in batches:
        with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
            loss = objective(model, batch, counts, attention)
        loss.backward()  # type: ignore[no-untyped-call]
        total += loss.detach()
    norm = nn.utils.clip_grad_norm_(model.parameters(), max_grad_norm)
    optimizer.step()
    optimizer.zero_grad()
    return Step(total, norm)
