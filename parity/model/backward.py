"""Gradients of every stage and parameter, in two lanes.

The backward pass begins with the gradients that the recording has at the outputs. In the isolated
lane each stage has the reference's numbers on the way forward and the reference's gradient on the
way back, so what differs was born between there and the stages after it.
"""

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from parity.core.compare import Comparison, Status
from parity.core.stages import OUTPUTS
from parity.core.trace import tapped
from parity.model.expected import GRADIENT, Witness
from parity.model.model_under_test import Subject
from parity.model.weight_places import Emit

LANES = {"gradient": False, "isolated gradient": True}


def judge_backward(
    subject: Subject, batch: Mapping[str, Tensor], witness: Witness
) -> Iterator[Comparison]:
    """Compare the gradients, in both lanes."""
    model = subject.model(witness.dtype)
    for parameter in model.parameters():
        if not is_lazy(parameter):
            parameter.requires_grad_(parameter.is_floating_point())
    for lane in LANES:
        rows = _run_lane(subject, model, batch, witness, lane)
        if isinstance(rows, str):
            yield witness.row("gradients", Status.UNSUPPORTED, rows)
            return
        yield from rows


def _run_lane(
    subject: Subject, model: nn.Module, batch: Mapping[str, Tensor], witness: Witness, lane: str
) -> list[Comparison] | str:
    """Return rows in the order of the backward pass, or why there are none."""
    rows: dict[str, list[Comparison]] = {}
    isolated, seen = LANES[lane], set[str]()

    def look(name: str, ours: Tensor) -> Tensor | None:
        seen.add(name)
        if not isolated or name not in witness.names:
            return None
        return witness.put(name, ours, witness.get(name))

    def look_back(name: str, ours: Tensor) -> Tensor | None:
        if f"{name}{GRADIENT}" not in witness.names:
            return None
        theirs = witness.get(f"{name}{GRADIENT}")
        rows[name] = [*witness.compare(f"{name}{GRADIENT}", ours, theirs, lane)]
        return theirs if isolated and ours.shape == theirs.shape else None

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
        if name.endswith((".weight", ".bias")) and not isolated:
            note = "no parameter holds this weight's numbers, so its gradient is not seen"
            rows[name] = [witness.row(name, Status.UNSUPPORTED, note, lane)]
    return [row for name in recorded for row in rows.get(name, ())]


def go_back(
    subject: Subject,
    model: nn.Module,
    outputs: Mapping[str, Tensor],
    witness: Witness,
    emit: Emit,
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
