"""What a candidate's model does in training: loss and gradients, and states step by step."""

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from parity.core.errors import CandidateError

IGNORED = -100  # a label that is not predicted
ACCUMULATED = 3  # batches of a step, where a step has several
Batch = Mapping[str, Tensor]
State = dict[str, Tensor]


class RowsDataset(Dataset[State]):
    """A data set of examples of one length.

    Args:
        columns: tensors whose first dimension counts the examples.
    """

    def __init__(self, columns: Batch) -> None:
        self._columns = columns

    def __len__(self) -> int:
        return len(self._columns["input_ids"])

    def __getitem__(self, number: int) -> State:
        return {name: column[number] for name, column in self._columns.items()}


def as_built(name: str, made: Any, dtype: str) -> nn.Module:
    """Return what a candidate's `build` made, in a dtype and evaluation mode.

    Raises:
        CandidateError: it is no module.
    """
    if not isinstance(made, nn.Module):
        what = type(made).__name__
        raise CandidateError(f"{name}: build returned a {what}, expected a torch Module")
    return made.to(getattr(torch, dtype)).eval()


def gradients(name: str, model: nn.Module, loss: Any) -> State:
    """Return the loss that a candidate's `loss` returned, and each parameter's gradient.

    Raises:
        CandidateError: it is no single number.
    """
    if not isinstance(loss, Tensor) or loss.dim():
        what = tuple(loss.shape) if isinstance(loss, Tensor) else type(loss).__name__
        raise CandidateError(f"{name}: loss returned {what}, expected a single number")
    model.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    found = {"loss": loss.detach()}
    for each, parameter in model.named_parameters():
        gradient = parameter.grad
        found[each] = torch.zeros_like(parameter) if gradient is None else gradient.clone()
    return found


def states(model: nn.Module, running: Iterator[Any]) -> Iterator[State]:
    """Yield a copy of a model's tensors after each step of its training."""
    for _ in running:
        yield state(model)


def state(model: nn.Module) -> State:
    """Return a copy of a model's tensors."""
    return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}
