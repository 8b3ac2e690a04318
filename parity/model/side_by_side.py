"""Two models that do the same operations in the same order: every tensor has the same bits.

The reference runs first and its tensors are recorded on disk. Then the candidate runs, and each of
its tensors is compared as it is made. So memory does not grow with the number of layers.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from parity.core.compare import Comparison, Status, compare
from parity.core.probes import Probe
from parity.core.recording import Recording
from parity.core.stages import Stage, reference_points
from parity.core.tolerance import BIT_FOR_BIT
from parity.core.trace import tapped
from parity.model.expected import GRADIENT

Emit = Callable[[str, Tensor], None]
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
    for row in compare_runs(run_ours, run_theirs, histogram=histogram):
        computed.add(row.name)
        yield row
    for name in (each for each in theirs.stages if each not in computed):
        yield Comparison(name, Status.UNSUPPORTED, note="neither side computed it")


def compare_runs(
    run_ours: Run, run_theirs: Run, *, histogram: bool = False
) -> Iterator[Comparison]:
    """Record the reference's run, and compare the candidate's run with it.

    Both draw random numbers from the same state of torch's generator. If the candidate's run
    raises, the rows of the tensors that it made are yielded before the error is raised again.

    Args:
        run_ours: the candidate's.
        run_theirs: the reference's.
        histogram: whether differences are counted, too.

    Yields:
        Rows in the reference's order; then the tensors that the candidate alone has made.
    """
    probe = Probe("run", {})
    with tempfile.TemporaryDirectory(prefix="parity.") as folder:
        theirs = Recording(Path(folder))
        theirs.begin(probe)
        with torch.random.fork_rng():
            run_theirs(partial(theirs.add, probe.name))
        order, made = theirs.stages(probe.name), dict[str, Comparison]()

        def visit(name: str, tensor: Tensor) -> None:
            if name in order and name not in made:
                recorded = theirs.get(probe.name, name).to(tensor.device)
                made[name] = compare(name, tensor, recorded, BIT_FOR_BIT, histogram=histogram)
            else:
                made[name] = _missing(name, Status.MISSING_THEIRS, tensor)

        try:
            run_ours(visit)
        except BaseException:
            yield from made.values()
            raise
        for name in order:
            if name not in made:
                made[name] = _missing(name, Status.MISSING_OURS, theirs.get(probe.name, name))
            yield made.pop(name)
    yield from made.values()


def _missing(name: str, status: Status, there: Tensor) -> Comparison:
    side = "ours" if status is Status.MISSING_OURS else "theirs"
    return Comparison(name, status, shape=tuple(there.shape), note=f"{side} has no such tensor")


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
