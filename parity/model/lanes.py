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
from parity.model.expected import GRADIENT, Witness
from parity.model.model_under_test import Subject
from parity.model.weight_places import Emit

LANES = ("propagated", "isolated")
Notice = Callable[[nn.Module, str], None]


def judge_forward(
    subject: Subject, batch: Mapping[str, Tensor], witness: Witness
) -> Iterator[Comparison]:
    """Run a probe in both lanes and compare."""
    model = subject.model(witness.dtype)
    for lane in LANES:
        yield from run_lane(subject, model, batch, witness, lane)


def run_lane(
    subject: Subject,
    model: nn.Module,
    batch: Mapping[str, Tensor],
    witness: Witness,
    lane: str,
    reached: Callable[[str], None] = lambda _: None,
) -> list[Comparison]:
    """Run a model once and compare each stage; `reached` is told when one was made.

    Returns:
        Rows in the reference's order.
    """
    rows: dict[str, list[Comparison]] = {}
    recorded = [name for name in witness.names if not name.endswith(GRADIENT)]

    def look(name: str, ours: Tensor) -> Tensor | None:
        if name not in recorded:
            return None
        reached(name)
        theirs = witness.get(name)
        rows.setdefault(name, []).extend(witness.compare(name, ours, theirs, lane))
        return witness.put(name, ours, theirs) if lane == "isolated" else None

    with torch.no_grad(), tapped(model, subject.stages, look):
        outputs = subject.forward(model, batch)
    wrong = ""
    for name in (each for each in OUTPUTS if each in outputs and each not in subject.unsupported):
        if lane == "isolated" and wrong:
            note = f"not judged alone: {wrong}, which it may be made from, is wrong"
            rows[name] = [witness.row(name, Status.UNSUPPORTED, note, lane)]
            continue
        look(name, outputs[name])
        if not all(row.passed for row in rows.get(name, ())):
            wrong = name
    for name in subject.stages.keys() & {*recorded} - rows.keys():
        status, note = Status.MISSING_OURS, "its module was not called"
        if subject.stages[name].side in ("scores", "probabilities"):
            status = Status.UNSUPPORTED
            note = "no softmax was called in its module, or not where the judge sees it"
        rows[name] = [witness.row(name, status, note, lane)]
    return [row for name in recorded for row in rows.get(name, ())]


def judge_backward(
    subject: Subject, batch: Mapping[str, Tensor], witness: Witness
) -> Iterator[Comparison]:
    """Compare the gradients, in both lanes."""
    model = subject.model(witness.dtype)
    for parameter in model.parameters():
        if not is_lazy(parameter):
            parameter.requires_grad_(parameter.is_floating_point())
    for lane in ("gradient", "isolated gradient"):
        rows = _run_back(subject, model, batch, witness, lane)
        if isinstance(rows, str):
            yield witness.row("gradients", Status.UNSUPPORTED, rows)
            return
        yield from rows


def _run_back(
    subject: Subject, model: nn.Module, batch: Mapping[str, Tensor], witness: Witness, lane: str
) -> list[Comparison] | str:
    """Return rows in the order of the backward pass, or why there are none."""
    rows: dict[str, list[Comparison]] = {}
    alone, seen = lane == "isolated gradient", set[str]()

    def look(name: str, ours: Tensor) -> Tensor | None:
        seen.add(name)
        return witness.put(name, ours) if alone and name in witness.names else None

    def look_back(name: str, ours: Tensor) -> Tensor | None:
        gradient = f"{name}{GRADIENT}"
        if gradient not in witness.names:
            return None
        theirs = witness.get(gradient)
        rows[name] = [*witness.compare(gradient, ours, theirs, lane)]
        return witness.put(gradient, ours, theirs) if alone else None

    begin = _begin(witness)
    with torch.enable_grad(), tapped(model, subject.stages, look, look_back):
        outputs = subject.forward(model, batch)
        for name in begin:
            if name not in outputs:
                return f"the gradients begin at {name}, which the candidate does not return"
            if not outputs[name].requires_grad:
                return f"{name} does not depend on a parameter, as autograd sees it"
        go_back(subject, model, outputs, witness, look_back)

    recorded = [name.removesuffix(GRADIENT) for name in witness.names if name.endswith(GRADIENT)]
    for name in seen & {*recorded} - rows.keys():
        rows[name] = [witness.row(name, Status.MISSING_OURS, "no gradient reaches it", lane)]
    for name in {*recorded} - rows.keys() - {*begin}:
        if name.endswith((".weight", ".bias")) and not alone:
            note = "no parameter holds this weight's numbers, so its gradient is not seen"
            rows[name] = [witness.row(name, Status.UNSUPPORTED, note, lane)]
    return [row for name in recorded for row in rows.get(name, ())]


def go_back(
    subject: Subject, model: nn.Module, outputs: Mapping[str, Tensor], witness: Witness, emit: Emit
) -> None:
    """Run backward from the gradients that are recorded at the outputs.

    Args:
        subject: whose model it is.
        model: has run forward.
        outputs: of that.
        witness: has the gradients.
        emit: is given the weights' gradients.
    """
    begin = _begin(witness)
    first = [witness.get(f"{name}{GRADIENT}").to(outputs[name].dtype) for name in begin]
    with subject.gradients(model, emit):
        torch.autograd.backward([outputs[name] for name in begin], first)


def _begin(witness: Witness) -> list[str]:
    return [name for name in OUTPUTS if f"{name}{GRADIENT}" in witness.names]


class _Enough(Exception):  # noqa: N818 - nothing is wrong
    """All that was asked for is there."""


def isolated(
    subject: Subject,
    witness: Witness,
    shown: Collection[str],
    notice: Notice = lambda *_: None,
    until: str = "",
) -> dict[str, Tensor]:
    """Run a probe in the isolated lane for its numbers.

    Args:
        subject: the candidate, or the reference in its place.
        witness: of the probe.
        shown: the candidate's stages and outputs: after each the reference's numbers go on.
        notice: is called when a stage has been made.
        until: after this stage nothing is computed, if that is possible.

    Returns:
        What was made at each of these, before it was replaced; a gradient's name ends with `.grad`.
    """
    made: dict[str, Tensor] = {}
    backward = witness.probe.mode is Mode.BACKWARD
    model = subject.model(witness.dtype, training=witness.probe.mode is Mode.TRAIN)

    def look(name: str, ours: Tensor) -> Tensor | None:
        made[name] = ours.detach().clone()
        notice(model, name)
        if name == until and not backward:
            raise _Enough
        return witness.put(name, ours) if name in witness.names else None

    def look_back(name: str, ours: Tensor) -> Tensor | None:
        return look(f"{name}{GRADIENT}", ours)

    watched = [name for name in subject.stages if name in shown]
    if until in watched:
        watched = watched[: watched.index(until) + 1]
    stages = {name: subject.stages[name] for name in watched}
    with (
        suppress(_Enough),
        torch.set_grad_enabled(backward),
        AlignedDropout(),  # what is dropped is the same on both sides
        tapped(model, stages, look, look_back if backward else None),
    ):
        outputs = subject.forward(model, witness.probe.batch)
        for name in OUTPUTS:
            if name in outputs and name in shown:
                look(name, outputs[name])
        if backward:
            go_back(subject, model, outputs, witness, look_back)
    if backward:  # what no gradient reaches has one of zeros
        absent = (name for name in {*witness.names} - made.keys() if name.endswith(GRADIENT))
        made |= {name: torch.zeros_like(witness.get(name)) for name in absent}
    return made
