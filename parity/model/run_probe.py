"""A candidate beside what the reference was recorded to compute, probe by probe."""

from collections.abc import Callable, Iterable, Iterator

import torch

from parity.core.compare import Comparison, Status
from parity.core.probes import Mode, Probe
from parity.core.recording import Recording
from parity.model.backward import judge_backward
from parity.model.candidate import INPUTS, Batch
from parity.model.expected import Witness
from parity.model.forward import judge_forward
from parity.model.model_under_test import Subject
from parity.model.repetition import judge_refusal, judge_repetition
from parity.model.training_mode import judge_dropout

_CHECKS: dict[Mode, Callable[[Subject, Batch, Witness], Iterator[Comparison]]] = {
    Mode.EVALUATE: judge_forward,
    Mode.REFUSE: judge_refusal,
    Mode.REPEAT: judge_repetition,
    Mode.TRAIN: judge_dropout,
    Mode.BACKWARD: judge_backward,
}
_NEEDED = {Mode.TRAIN: "dropout", Mode.BACKWARD: "gradients"}


def judge_probe(
    subject: Subject,
    probe: Probe,
    theirs: Recording,
    relative: float | None = None,
    *,
    histogram: bool = False,
) -> Iterator[Comparison]:
    """Run a probe and compare.

    Args:
        subject: the candidate.
        probe: what it is given.
        theirs: has the probe.
        relative: what numbers may differ by; None means what `parity.core.tolerance` says.
        histogram: whether differences are counted, too.

    Raises:
        Exception: whatever the candidate's own code raises.
    """
    dtype = getattr(torch, probe.dtype) if probe.dtype else subject.dtype
    witness = Witness(theirs, probe, dtype, relative, histogram)
    needed = {*probe.inputs, probe.dtype, _NEEDED.get(probe.mode, "")}
    if lacking := needed & {*subject.unsupported}:
        yield from _unsupported(witness, lacking, "declared")
        return
    batch = Batch(probe.batch)
    try:
        rows = list(_CHECKS[probe.mode](subject, batch, witness))
    except Exception as error:
        missing = error.args[0] if isinstance(error, KeyError) else None
        if missing in INPUTS and missing not in probe.batch:
            yield from _unsupported(witness, [missing], "the candidate cannot do without it")
        elif probe.dtype:
            yield from _unsupported(witness, [probe.dtype], f"{type(error).__name__}: {error}")
        else:
            raise
        return
    if unread := probe.inputs - batch.asked:
        yield from _unsupported(witness, unread, "the candidate does not look at it")
        return
    yield from rows
    for name in sorted(batch.changed):
        note = f"the candidate writes into its input {name}; whoever gave it has other numbers now"
        yield witness.row(name, Status.VALUE, note)


def _unsupported(witness: Witness, features: Iterable[str], why: str) -> Iterator[Comparison]:
    for name in sorted(features):
        yield witness.row(name, Status.UNSUPPORTED, f"{name}: {why}")
