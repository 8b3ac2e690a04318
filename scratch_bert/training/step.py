"""A training step: the loss of some batches, its gradients, and one change of the parameters.

A model of one weight, y = w x with w = 1, learns y = 0 from x = 1, 2 and 3, in two batches:

>>> class SquaredError:
...     def count(self, batches):
...         return [sum(len(batch["x"]) for batch in batches)]
...     def loss(self, model, batch, counts):
...         return (model(batch["x"]) ** 2).sum() / counts[0]
>>> model = nn.Linear(1, 1, bias=False)
>>> _ = nn.init.ones_(model.weight)
>>> batches = [{"x": torch.tensor([[1.0], [2.0]])}, {"x": torch.tensor([[3.0]])}]
>>> sgd = torch.optim.SGD(model.parameters(), lr=0.1)
>>> training_step(model, batches, sgd, SquaredError())  # (1 + 4 + 9) / 3, and 2 (1 + 4 + 9) / 3
Step(loss=tensor(4.6667), gradient_norm=tensor(9.3333))
>>> round(model.weight.item(), 4)  # the gradient was clipped to 1, so 1 - 0.1 * 1
0.9
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

import torch
from torch import Tensor, nn

Batch = Mapping[str, Tensor]


class Objective(Protocol):
    """The loss that training minimizes."""

    def count(self, batches: Sequence[Batch]) -> Sequence[int]:
        """Count the labels of a step's batches; the summed losses are divided by these numbers."""
        ...

    def loss(self, model: nn.Module, batch: Batch, counts: Sequence[int]) -> Tensor:
        """Return a batch's part of its step's loss; `counts` are those of the whole step."""
        ...


class Step(NamedTuple):
    """The results of a step.

    Attributes:
        loss: the sum over the step's batches.
        gradient_norm: the norm of all gradients together, before clipping.
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
    """Sum the gradients of all batches, clip them, and update the parameters.

    Args:
        model: in training mode; in evaluation mode dropout would be off.
        batches: computed one after the other, which needs less memory (gradient accumulation).
        optimizer: of parameters whose gradients are clear; they are cleared again at the end.
        objective: the loss.
        bf16: compute matrix products in bfloat16; parameters and their updates stay in float32.
        max_grad_norm: longer gradients are scaled down to this norm.
    """
    device = next(model.parameters()).device
    total = torch.zeros((), device=device)
    # The counts are those of all batches together, whichever is computed.
    for batch, counts in zip(batches, divisors(objective, batches), strict=True):
        # Only the forward pass: in the backward pass each operation takes the type it had here.
        with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
            loss = objective.loss(model, batch, counts)
        # Adds to the gradients that the batches before have left.
        loss.backward()  # type: ignore[no-untyped-call]
        total += loss.detach()
    norm = clip(model, max_grad_norm)
    optimizer.step()
    # Otherwise the next step would add its gradients to these.
    optimizer.zero_grad()
    return Step(total, norm)


def divisors(objective: Objective, batches: Sequence[Batch]) -> list[Sequence[int]]:
    """Return the numbers that each batch's summed losses are divided by: labels of the whole step.

    Then each label counts the same, whatever batch it is in. The mean of the batches' means would
    weight a label more where its batch has few labels (transformers#34191).
    """
    return [objective.count(batches)] * len(batches)


def clip(model: nn.Module, longest: float) -> Tensor:
    """Scale all gradients by one factor if their joint norm is too large; return that norm.

    One unusual batch then cannot undo many steps. A single factor keeps the proportions of all
    gradients, their direction; clipping each parameter by itself would not. The original clips to 1
    (optimization.py).
    """
    return nn.utils.clip_grad_norm_(model.parameters(), longest)
