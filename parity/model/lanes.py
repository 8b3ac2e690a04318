"""Every stage of a forward and of a backward pass, in two lanes.

Propagated: the candidate computes from the probe's ids to its outputs, as its user sees it.
Isolated: after each stage the candidate goes on with the reference's tensor in place of its own, so
what differs there was born there, and everything after a mistake is judged too.

The backward pass begins with the gradients that the recording has at the outputs. In the isolated
lane each stage has the reference's numbers on the way forward and the reference's gradient on the
way back, so what differs was born between there and the stages after it.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from parity.core.compare import Comparison, Status
from parity.core.dropout import AlignedDropout
from parity.core.probes import Mode
from parity.core.stages import OUTPUTS
from parity.core.trace import tapped
from parity.model.expected import GRADIENT, RecordedProbe
from parity.model.model_under_test import ModelUnderTest
from parity.model.weight_places import Emit

LANES = ("propagated", "isolated")
Notice = Callable[[nn.Module, str], None]


def judge_forward(
    tested: ModelUnderTest, batch: Mapping[str, Tensor], recorded: RecordedProbe
) -> Iterator[Comparison]:
    """Run a probe in both lanes and compare."""
    model = tested.model(recorded.dtype)
    for lane in LANES:
        yield from run_lane(tested, model, batch, recorded, lane)


def run_lane(
    tested: ModelUnderTest,
    model: nn.Module,
    batch: Mapping[str, Tensor],
    recorded: RecordedProbe,
    lane: str,
    reached: Callable[[str], None] = lambda _: None,
) -> list[Comparison]:
    """Run a model once and compare each stage; `reached` is told when one was made.

    Returns:
        Rows in the reference's order.
    """
    rows: dict[str, list[Comparison]] = {}
    names = [name for name in recorded.names if not name.endswith(GRADIENT)]

    def look(name: str, ours: Tensor) -> Tensor | None:
        if name not in names:
            return None
        reached(name)
        theirs = recorded.get(name)
        rows.setdefault(name, []).extend(recorded.compare(name, ours, theirs, lane))
        return recorded.put(name, ours, theirs) if lane == "isolated" else None

    with torch.no_grad(), tapped(model, tested.stages, look):
        outputs = tested.forward(model, batch)
    wrong = ""
    for name in (each for each in OUTPUTS if each in outputs and each not in tested.unsupported):
        if lane == "isolated" and wrong:
            note = f"not judged alone: {wrong}, which it may be made from, is wrong"
            rows[name] = [recorded.row(name, Status.UNSUPPORTED, note, lane)]
            continue
        look(name, outputs[name])
        if not all(row.passed for row in rows.get(name, ())):
            wrong = name
    for name in tested.stages.keys() & {*names} - rows.keys():
        status, note = Status.MISSING_OURS, "its module was not called"
        if tested.stages[name].side in ("scores", "probabilities"):
            status = Status.UNSUPPORTED
            note = "no softmax was called in its module, or not where the judge sees it"
        rows[name] = [recorded.row(name, status, note, lane)]
    return [row for name in names for row in rows.get(name, ())]


def judge_backward(
    tested: ModelUnderTest, batch: Mapping[str, Tensor], recorded: RecordedProbe
) -> Iterator[Comparison]:
    """Compare the gradients, in both lanes."""
    model = tested.model(recorded.dtype)
    for parameter in model.parameters():
        if not is_lazy(parameter):
            parameter.requires_grad_(parameter.is_floating_point())
    for lane in ("gradient", "isolated gradient"):
        rows = _run_back(tested, model, batch, recorded, lane)
        if isinstance(rows, str):
            yield recorded.row("gradients", Status.UNSUPPORTED, rows)
            return
        yield from rows


def _run_back(
    tested: ModelUnderTest,
    model: nn.Module,
    batch: Mapping[str, Tensor],
    recorded: RecordedProbe,
    lane: str,
) -> list[Comparison] | str:
    """Return rows in the order of the backward pass, or why there are none."""
    rows: dict[str, list[Comparison]] = {}
    alone, seen = lane == "isolated gradient", set[str]()

    def look(name: str, ours: Tensor) -> Tensor | None:
        seen.add(name)
        return recorded.put(name, ours) if alone and name in recorded.names else None

    def look_back(name: str, ours: Tensor) -> Tensor | None:
        gradient = f"{name}{GRADIENT}"
        if gradient not in recorded.names:
            return None
        theirs = recorded.get(gradient)
        rows[name] = [*recorded.compare(gradient, ours, theirs, lane)]
        return recorded.put(gradient, ours, theirs) if alone else None

    begin = _begin(recorded)
    with torch.enable_grad(), tapped(model, tested.stages, look, look_back):
        outputs = tested.forward(model, batch)
        for name in begin:
            if name not in outputs:
                return f"the gradients begin at {name}, which the candidate does not return"
            if not outputs[name].requires_grad:
                return f"{name} does not depend on a parameter, as autograd sees it"
        go_back(tested, model, outputs, recorded, look_back)

    names = [name.removesuffix(GRADIENT) for name in recorded.names if name.endswith(GRADIENT)]
    for name in seen & {*names} - rows.keys():
        rows[name] = [recorded.row(name, Status.MISSING_OURS, "no gradient reaches it", lane)]
    for name in {*names} - rows.keys() - {*begin}:
        if name.endswith((".weight", ".bias")) and not alone:
            note = "no parameter holds this weight's numbers, so its gradient is not seen"
            rows[name] = [recorded.row(name, Status.UNSUPPORTED, note, lane)]
    return [row for name in names for row in rows.get(name, ())]


def go_back(
    tested: ModelUnderTest,
    model: nn.Module,
    outputs: Mapping[str, Tensor],
    recorded: RecordedProbe,
    emit: Emit,
) -> None:
    """Run backward from the gradients that are recorded at the outputs.

    Args:
        tested: whose model it is.
        model: has run forward.
        outputs: of that.
        recorded: has the gradients.
        emit: is given the weights' gradients.
    """
    begin = _begin(recorded)
    first = [recorded.get(f"{name}{GRADIENT}").to(outputs[name].dtype) for name in begin]
    with tested.gradients(model, emit):
        torch.autograd.backward([outputs[name] for name in begin], first)


def _begin(recorded: RecordedProbe) -> list[str]:
    return [name for name in OUTPUTS if f"{name}{GRADIENT}" in recorded.names]


class _Enough(Exception):  # noqa: N818 - nothing is wrong
    """All that was asked for is there."""


def isolated(
    tested: ModelUnderTest,
    recorded: RecordedProbe,
    shown: Collection[str],
    notice: Notice = lambda *_: None,
    until: str = "",
) -> dict[str, Tensor]:
    """Run a probe in the isolated lane for its numbers.

    Args:
        tested: the candidate, or the reference in its place.
        recorded: of the probe.
        shown: the candidate's stages and outputs: after each the reference's numbers go on.
        notice: is called when a stage has been made.
        until: after this stage nothing is computed, if that is possible.

    Returns:
        What was made at each of these, before it was replaced; a gradient's name ends with `.grad`.
    """
    made: dict[str, Tensor] = {}
    backward = recorded.probe.mode is Mode.BACKWARD
    model = tested.model(recorded.dtype, training=recorded.probe.mode is Mode.TRAIN)

    def look(name: str, ours: Tensor) -> Tensor | None:
        made[name] = ours.detach().clone()
        notice(model, name)
        if name == until and not backward:
            raise _Enough
        return recorded.put(name, ours) if name in recorded.names else None

    def look_back(name: str, ours: Tensor) -> Tensor | None:
        return look(f"{name}{GRADIENT}", ours)

    watched = [name for name in tested.stages if name in shown]
    if until in watched:
        watched = watched[: watched.index(until) + 1]
    stages = {name: tested.stages[name] for name in watched}
    with (
        suppress(_Enough),
        torch.set_grad_enabled(backward),
        AlignedDropout(),  # what is dropped is the same on both sides
        tapped(model, stages, look, look_back if backward else None),
    ):
        outputs = tested.forward(model, recorded.probe.batch)
        for name in OUTPUTS:
            if name in outputs and name in shown:
                look(name, outputs[name])
        if backward:
            go_back(tested, model, outputs, recorded, look_back)
    if backward:  # what no gradient reaches has one of zeros
        absent = (name for name in {*recorded.names} - made.keys() if name.endswith(GRADIENT))
        made |= {name: torch.zeros_like(recorded.get(name)) for name in absent}
    return made
