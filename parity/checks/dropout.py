"""Training mode: with the same masks dropped on both sides, every stage is the reference's."""

from collections.abc import Iterator, Mapping
from itertools import zip_longest

from torch import Tensor

from parity.checks.forward import LANES, run_lane
from parity.compare import Comparison, Status
from parity.dropout import AlignedDropout, Draw
from parity.subject import Subject
from parity.witness import Witness


def judge_dropout(
    subject: Subject, batch: Mapping[str, Tensor], witness: Witness
) -> Iterator[Comparison]:
    """Compare what is dropped, and if it is the same, every stage."""
    model = subject.model(witness.dtype, training=True)
    rows = []
    for lane in LANES:
        aligned = AlignedDropout()
        with aligned:
            rows += run_lane(subject, model, batch, witness, lane)
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
        yield witness.row("dropout", Status.VALUE, _explain(aligned.draws, theirs))
    else:
        yield from rows


def _explain(ours: list[Draw], theirs: list[Draw]) -> str:
    pairs = [*zip_longest(ours, theirs, fillvalue="nothing")]
    n = next(i for i, (mine, expected) in enumerate(pairs) if mine != expected)
    return (
        f"it is drawn {len(ours)} times, expected {len(theirs)}; "
        f"number {n + 1} drops {pairs[n][0]}, expected {pairs[n][1]}"
    )
