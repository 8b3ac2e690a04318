"""Two models that do the same operations in the same order: every tensor has the same bits.

Both run in step: when the reference has made a tensor, the candidate goes on until it has made its
own, the two are compared and forgotten. So memory does not grow with the number of layers.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from parity.core.compare import Comparison, Status, compare
from parity.core.lockstep import Emit, stream
from parity.core.stages import Stage, reference_points
from parity.core.tolerance import BIT_FOR_BIT
from parity.core.trace import tapped
from parity.model.expected import GRADIENT

Run = Callable[[Emit], None]


@dataclass(frozen=True)
class Side:
    """One of two models, and how it is run.

    Attributes:
        model: in HuggingFace's layout.
        forward: runs a batch, and returns tensors, and tuples of them, by HuggingFace's names.
        stages: where to look.
    """

    model: nn.Module
    forward: Callable[[nn.Module, Mapping[str, Any]], Mapping[str, Any]]
    stages: Mapping[str, Stage]

    @classmethod
    def of(
        cls,
        model: nn.Module,
        forward: Callable[[nn.Module, Mapping[str, Any]], Mapping[str, Any]],
        attention: str,
    ) -> "Side":
        """Look at every stage that there is; only eager attention has scores to look at."""
        points = reference_points(name for name, _ in model.named_modules())
        hidden = () if attention == "eager" else ("scores", "probabilities")
        stages = {name: stage for name, stage in points.items() if stage.side not in hidden}
        return cls(model, forward, stages)

    def run(self, batch: Mapping[str, Any], emit: Emit, *, backward: bool = False) -> None:
        """Compute, and emit each tensor as it is made.

        Args:
            batch: the forward pass's arguments.
            emit: is given the stages, the outputs, and the gradients of stages and parameters.
            backward: whether to go back, from the loss or else from a sum over the outputs.
        """

        def visit(name: str, tensor: Tensor) -> None:
            emit(name, tensor.detach())

        def visit_gradient(name: str, gradient: Tensor) -> None:
            emit(f"{name}{GRADIENT}", gradient)

        self.model.zero_grad()
        with (
            torch.set_grad_enabled(backward),
            tapped(self.model, self.stages, visit, visit_gradient if backward else None),
        ):
            outputs = _flat(self.forward(self.model, batch))
        for name, tensor in outputs.items():
            visit(name, tensor)
        if backward:
            torch.autograd.backward(_scalar(outputs))
            for name, parameter in self.model.named_parameters():
                if parameter.grad is not None:
                    visit_gradient(name, parameter.grad)


def judge_side_by_side(
    ours: Side,
    theirs: Side,
    batch: Mapping[str, Any],
    *,
    backward: bool = False,
    histogram: bool = False,
) -> Iterator[Comparison]:
    """Run a batch on both sides from one state of torch's generator, and compare every tensor."""
    run_ours = partial(ours.run, batch, backward=backward)
    run_theirs = partial(theirs.run, batch, backward=backward)
    computed = set()
    absent = {*theirs.stages} - {*ours.stages}
    for row in compare_runs(run_ours, run_theirs, absent, histogram=histogram):
        computed.add(row.name)
        yield row
    for name in (each for each in theirs.stages if each not in computed):
        yield Comparison(name, Status.UNSUPPORTED, note="neither side computed it")


def compare_runs(
    run_ours: Run, run_theirs: Run, absent: Collection[str] = (), *, histogram: bool = False
) -> Iterator[Comparison]:
    """Compare two runs in step; the reference's order is the order of the rows.

    Args:
        run_ours: the candidate's.
        run_theirs: the reference's.
        absent: what ours will not make, and is not waited for.
        histogram: whether differences are counted, too.
    """
    ours = stream(run_ours)
    early: dict[str, Tensor] = {}  # made before the reference made its own; usually empty

    def find(name: str) -> Tensor | None:
        if name in early:
            return early.pop(name)
        if name in absent:
            return None
        for stage, tensor in ours:
            if stage == name:
                return tensor
            early[stage] = tensor.clone()
        return None

    for name, tensor in stream(run_theirs):
        yield _compared(name, find(name), tensor, histogram=histogram)
    for name, tensor in [*early.items(), *ours]:
        yield _compared(name, tensor, None)


def compare_named(ours: Mapping[str, Tensor], theirs: Mapping[str, Tensor]) -> Iterator[Comparison]:
    """Compare what is already there, such as two state dicts."""
    for name in {**theirs, **ours}:
        yield _compared(name, ours.get(name), theirs.get(name))


def _compared(
    name: str, ours: Tensor | None, theirs: Tensor | None, *, histogram: bool = False
) -> Comparison:
    if ours is None:
        assert theirs is not None
        shape, note = tuple(theirs.shape), "ours has no such tensor"
        return Comparison(name, Status.MISSING_OURS, shape=shape, note=note)
    if theirs is None:
        shape, note = tuple(ours.shape), "theirs has no such tensor"
        return Comparison(name, Status.MISSING_THEIRS, shape=shape, note=note)
    return compare(name, ours, theirs, BIT_FOR_BIT, histogram=histogram)


def _flat(outputs: Mapping[str, Any]) -> dict[str, Tensor]:
    """Every tensor of an output; those of a tuple by their numbers."""
    found = {}
    for name, value in outputs.items():
        if isinstance(value, Tensor):
            found[name] = value
        elif isinstance(value, tuple):
            found |= {f"{name}.{i}": tensor for i, tensor in enumerate(value)}
    return found


def _scalar(outputs: Mapping[str, Tensor]) -> Tensor:
    """One number that depends on every output."""
    if "loss" in outputs:
        return outputs["loss"]
    squares = [each.float().square().mean() for each in outputs.values() if each.requires_grad]
    return torch.stack(squares).sum()
