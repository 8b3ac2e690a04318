"""A loss and its gradients, beside those of the reference."""

import sys
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from parity.core.compare import Comparison, compare
from parity.core.tolerance import FLOAT64
from parity.suite.training_runs import State


def with_gradients(reference: nn.Module, loss: Tensor) -> State:
    """Return a loss of the reference's model, and each parameter's gradient."""
    named = dict(reference.named_parameters())
    gradients = torch.autograd.grad(loss, [*named.values()], materialize_grads=True)
    return {"loss": loss.detach(), **dict(zip(named, gradients, strict=True))}


def loss_rows(
    ours: Sequence[State], theirs: Sequence[State], where: str = ""
) -> Iterator[Comparison]:
    """Compare all that both have, batch by batch.

    The gradient of a bias is judged beside that of its weight: a key's is a sum that cancels.
    """
    for number, (mine, right) in enumerate(zip(ours, theirs, strict=True)):
        for name in (name for name in right if name in mine):
            beside = right.get(name.removesuffix("bias") + "weight", right[name])
            largest = max(float(right[name].abs().max()), float(beside.abs().max()))
            label = name if name == "loss" else f"{name}.grad"
            # Where all is 0, or NaN, 0 equals -0, and one NaN another.
            allowed = max(sys.float_info.min, FLOAT64 * largest)
            probe = f"{where}batch {number}"
            yield compare(label, mine[name], right[name], allowed, probe=probe)


def without_a_name(compared: Sequence[Comparison]) -> str:
    """Say what can be said where no known mistake explains the rows."""
    if all(row.passed for row in compared if row.name == "loss"):
        return "the loss itself is right: something is wrong on the way back (parity check)"
    return "no known mistake of the loss does this; is the model right (parity check)?"
