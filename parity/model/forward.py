"""Every stage of a forward pass, in two lanes.

Propagated: the candidate computes from the probe's ids to its outputs, as its user sees it.
Isolated: after each stage the candidate goes on with the reference's tensor in place of its own, so
what differs there was born there, and everything after a mistake is judged too.
"""

from collections.abc import Callable, Iterator, Mapping

import torch
from torch import Tensor, nn

from parity.core.compare import Comparison, Status
from parity.core.stages import OUTPUTS
from parity.core.trace import tapped
from parity.model.expected import GRADIENT, Witness
from parity.model.model_under_test import Subject

LANES = ("propagated", "isolated")


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
        if subject.stages[name].side in ("scores", "probabilities"):
            note = "no softmax was called in its module, or not where the judge sees it"
            rows[name] = [witness.row(name, Status.UNSUPPORTED, note, lane)]
        else:
            note = "its module was not called"
            rows[name] = [witness.row(name, Status.MISSING_OURS, note, lane)]
    return [row for name in recorded for row in rows.get(name, ())]
