"""Every stage of a forward and of a backward pass, in two lanes.

Propagated: the candidate computes from the probe's ids to its outputs, as its user sees it.
Isolated: after each stage the candidate goes on with the reference's tensor in place of its own, so
what differs there was born there, and everything after a mistake is judged too.

`backward` has the same lanes for the gradients.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress

import torch
from torch import Tensor, nn

from parity.core.compare import Comparison, Status
from parity.core.dropout import AlignedDropout
from parity.core.probes import Mode
from parity.core.stages import OUTPUTS
from parity.core.trace import tapped
from parity.model.backward import go_back
from parity.model.expected import GRADIENT, RecordedProbe
from parity.model.model_under_test import ModelUnderTest
from parity.model.parts import StageCalls

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
    calls: dict[str, StageCalls] = {}
    names = [name for name in recorded.names if not name.endswith(GRADIENT)]

    def look(name: str, ours: Tensor) -> Tensor | None:
        if name not in names:
            return None
        reached(name)
        if name not in calls:
            repeated = name in tested.repeated
            calls[name] = StageCalls(recorded, name, lane, repeated=repeated)
        put = calls[name].look(ours)
        return put if lane == "isolated" else None

    with _told_where(tested, calls, names), torch.no_grad(), tapped(model, tested.stages, look):
        outputs = tested.forward(model, batch)
    tested.repeated |= {name for name, each in calls.items() if each.calls > 1}
    rows = {name: each.rows() for name, each in calls.items()}
    for name, why in tested.unseen.items():
        rows[name] = [recorded.row(name, Status.UNSUPPORTED, why, lane)]
    wrong = ""
    for name in (each for each in OUTPUTS if each in outputs and each not in tested.unsupported):
        if lane == "isolated" and wrong:
            note = f"not judged alone: {wrong}, which it may be made from, is wrong"
            rows[name] = [recorded.row(name, Status.UNSUPPORTED, note, lane)]
            continue
        look(name, outputs[name])
        if name in calls:
            rows[name] = calls[name].rows()
        if not all(row.passed for row in rows.get(name, ())):
            wrong = name
    right = all(row.passed or row.lane == "padding" for each in rows.values() for row in each)
    for name in tested.stages.keys() & {*names} - rows.keys():
        status, note = Status.MISSING_OURS, "its module was not called"
        if right and not tested.named:  # it only has a name of HuggingFace's
            status = Status.UNSUPPORTED
        if _is_inside(tested, name):
            status = Status.UNSUPPORTED
            note = "no softmax was called in its module, or not where the judge sees it"
        rows[name] = [recorded.row(name, status, note, lane)]
    return [row for name in names for row in rows.get(name, ())]


@contextmanager
def _told_where(
    tested: ModelUnderTest, calls: Mapping[str, StageCalls], names: Collection[str]
) -> Iterator[None]:
    """Note on an error which stage was wrong before it, or else which one was being made."""
    try:
        yield
    except Exception as error:
        seen = [name for name in names if name in tested.stages]
        made = [place for place, name in enumerate(seen) if name in calls]
        rows = (row for place in made for row in calls[seen[place]].rows())
        wrong = (row.name for row in rows if not row.passed and row.lane != "padding")
        if (first := next(wrong, None)) is not None:
            error.add_note(f"before that, {first} is wrong")
        elif rest := seen[(last := max(made, default=-1)) + 1 :]:
            skipped = [
                name for name in seen[:last] if name not in calls and not _is_inside(tested, name)
            ]
            before = f"{skipped[0]} was not made" if skipped else "what came before is right"
            error.add_note(f"it was raised on the way to {rest[0]}; {before}")
        raise


def _is_inside(tested: ModelUnderTest, name: str) -> bool:
    """Whether a stage is inside a function, so that the judge sees only some ways to make it."""
    return tested.stages[name].side in ("scores", "probabilities")


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

    calls: dict[str, StageCalls] = {}

    def look(name: str, ours: Tensor) -> Tensor | None:
        notice(model, name)
        if name not in recorded.names:
            made[name] = ours.detach().clone()
            return None
        if name not in calls:
            repeated = name.removesuffix(GRADIENT) in tested.repeated
            calls[name] = StageCalls(recorded, name, "isolated", repeated=repeated, compares=False)
        put = calls[name].look(ours)
        parts = calls[name].made
        if parts is not None and calls[name].complete:
            made[name] = parts
        elif name not in made or put is not None:
            made[name] = ours.detach().clone()
        if name == until and not backward and (parts is None or calls[name].complete):
            raise _Enough
        return put

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
