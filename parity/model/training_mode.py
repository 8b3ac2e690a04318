"""Training mode: with the same masks dropped on both sides, every stage is the reference's."""

from collections.abc import Iterator, Mapping

from torch import Tensor

from parity.core.compare import Comparison, Status
from parity.core.dropout import AlignedDropout, Draw
from parity.model.expected import Witness
from parity.model.forward import LANES, run_lane
from parity.model.model_under_test import Subject


def judge_dropout(
    subject: Subject, batch: Mapping[str, Tensor], witness: Witness
) -> Iterator[Comparison]:
    """Compare what is dropped, and if it is the same, every stage."""
    model = subject.model(witness.dtype, training=True)
    rows = []
    for lane in LANES:
        aligned = AlignedDropout()
        with aligned:
            rows += run_lane(subject, model, batch, witness, lane, aligned.reached)
    theirs = witness.recording.draws(witness.probe.name)
    if not theirs:
        yield witness.row("dropout", Status.UNSUPPORTED, "the configuration has no dropout")
    elif aligned.hidden or not {draw.shape for draw in aligned.draws} <= {d.shape for d in theirs}:
        note = "the candidate draws its dropout where or in shapes that cannot be aligned"
        yield witness.row("dropout", Status.UNSUPPORTED, note)
    elif not aligned.draws:
        note = "the candidate drops nothing, or not with torch's functions"
        yield witness.row("dropout", Status.UNSUPPORTED, note)
    elif aligned.draws != theirs:
        stage, note = _explain(aligned.draws, theirs)
        for lane in LANES:
            yield witness.row(stage, Status.VALUE, note, lane)
    else:
        yield from rows


def _explain(ours: list[Draw], theirs: list[Draw]) -> tuple[str, str]:
    """The first stage before which another thing is dropped, and what."""
    stages = dict.fromkeys(draw.stage for draw in (*theirs, *ours))
    for stage in stages:
        mine, expected = ([draw for draw in side if draw.stage == stage] for side in (ours, theirs))
        if mine != expected:
            return stage or "dropout", f"dropout drops {_told(mine)}, expected {_told(expected)}"
    return "dropout", "it is drawn in another order"


def _told(draws: list[Draw]) -> str:
    return " and ".join(map(str, draws)) or "nothing"
