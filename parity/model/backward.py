"""Every stage's gradient, and every weight's, in the two lanes that `lanes` describes.

The backward pass begins with the gradients that the recording has at the outputs. In the isolated
lane each stage has the reference's numbers on the way forward and the reference's gradient on the
way back, so what differs was born between there and the stages after it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from parity.core.compare import Comparison, Status
from parity.core.stages import OUTPUTS
from parity.core.trace import tapped
from parity.model.expected import GRADIENT, RecordedProbe
from parity.model.model_under_test import ModelUnderTest
from parity.model.parametrized import is_another_parameter
from parity.model.parts import StageCalls
from parity.model.weight_places import Emit, is_whole


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
    calls: dict[str, StageCalls] = {}  # on the way back
    alone, seen = lane == "isolated gradient", Counter[str]()
    without_graph: set[str] = set()  # seen while gradients are switched off
    forward: dict[str, StageCalls] = {}
    gradients: dict[str, Tensor] = {}  # of the weights that are wrong

    def look(name: str, ours: Tensor) -> Tensor | None:
        seen[name] += 1
        if not torch.is_grad_enabled():
            without_graph.add(name)
        if not alone or name not in recorded.names:
            return None
        if name not in forward:
            repeated = name in tested.repeated
            forward[name] = StageCalls(recorded, name, lane, repeated=repeated, compares=False)
        return forward[name].look(ours)

    def look_back(name: str, ours: Tensor) -> Tensor | None:
        gradient = f"{name}{GRADIENT}"
        if gradient not in recorded.names:
            return None
        if name not in calls:
            calls[name] = StageCalls(recorded, gradient, lane, repeated=seen[name] > 1)
        put = calls[name].look(ours)
        if not calls[name].is_right and _is_weight(name):
            gradients[name] = ours.clone()
        return put if alone else None

    begin = _begin(recorded)
    with torch.enable_grad(), tapped(model, tested.stages, look, look_back):
        outputs = tested.forward(model, batch)
        tested.repeated |= {name for name, number in seen.items() if number > 1}
        for name in begin:
            if name not in outputs:
                return f"the gradients begin at {name}, which the candidate does not return"
            if not outputs[name].requires_grad:
                return f"{name} does not depend on a parameter, as autograd sees it"
        go_back(tested, model, outputs, recorded, look_back)

    rows = {name: each.rows() for name, each in calls.items()}
    if _weights_alone_are_wrong(rows) and _is_right(outputs, recorded):
        for name in gradients.keys() & tested.places(model).keys():
            if is_another_parameter(tested, model, batch, recorded, name, gradients[name]):
                note = "a parameter has its numbers, but another function of it is the weight"
                rows[name] = [recorded.row(name, Status.UNSUPPORTED, note, lane)]

    names = [name.removesuffix(GRADIENT) for name in recorded.names if name.endswith(GRADIENT)]
    weights = {name for name in names if _is_weight(name)}
    without = weights - rows.keys()
    unreached = {name for name in without if _is_missing(name, tested, model, recorded)}
    right = weights <= rows.keys() and all(row.passed for each in rows.values() for row in each)
    for name in seen.keys() & {*names} - rows.keys():
        status, note = Status.MISSING_OURS, "no gradient reaches it"
        if right or (name in without_graph and not unreached):
            status = Status.UNSUPPORTED
            note = "no gradient reaches it, and none is missing: it is no part of autograd's graph"
        rows[name] = [recorded.row(name, status, note, lane)]
    for name in without if not alone else ():
        note = "no parameter holds this weight's numbers, so its gradient is not seen"
        if name in unreached:
            note = "no gradient reaches the parameter that holds this weight's numbers"
        rows[name] = [recorded.row(name, Status.UNSUPPORTED, note, lane)]
    return [row for name in names for row in rows.get(name, ())]


def _is_weight(name: str) -> bool:
    return name.endswith((".weight", ".bias"))


def _weights_alone_are_wrong(rows: Mapping[str, list[Comparison]]) -> bool:
    wrong = [name for name, each in rows.items() if not all(row.passed for row in each)]
    return bool(wrong) and all(_is_weight(name) for name in wrong)


def _is_missing(
    name: str, tested: ModelUnderTest, model: nn.Module, recorded: RecordedProbe
) -> bool:
    """Whether parameters hold a weight, and should have a gradient that is not zero."""
    places = tested.places(model).get(name, ())
    theirs = recorded.get(f"{name}{GRADIENT}")
    allowed = recorded.allowed(f"{name}{GRADIENT}", theirs, "gradient")
    return bool(places) and is_whole(places) and float(theirs.abs().max()) > allowed


def _is_right(outputs: Mapping[str, Tensor], recorded: RecordedProbe) -> bool:
    """Whether the outputs at which the gradients begin are the reference's."""
    return all(
        row.passed or row.lane == "padding"
        for name in _begin(recorded)
        for row in recorded.compare(name, outputs[name].detach(), recorded.get(name), "propagated")
    )


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
        emit: is called with the weights' gradients.
    """
    begin = _begin(recorded)
    first = [recorded.get(f"{name}{GRADIENT}").to(outputs[name].dtype) for name in begin]
    with tested.gradients(model, emit):
        torch.autograd.backward([outputs[name] for name in begin], first)


def _begin(recorded: RecordedProbe) -> list[str]:
    return [name for name in OUTPUTS if f"{name}{GRADIENT}" in recorded.names]
