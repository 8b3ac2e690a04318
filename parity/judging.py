"""A candidate beside what the reference was recorded to compute, probe by probe, in two lanes.

Propagated: the candidate computes from the probe's ids to its outputs, as its user sees it.
Isolated: after each stage the candidate goes on with the reference's tensor in place of its own, so
what differs there was born there, and everything after a mistake is judged too.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from parity.candidate import INPUTS, Batch, Candidate
from parity.compare import Comparison, Status, compare
from parity.probes import Probe
from parity.recording import Recording
from parity.stages import OUTPUTS, Stage
from parity.tolerance import FLOAT64
from parity.trace import tapped

LANES = ("propagated", "isolated")


@dataclass(frozen=True)
class Judged:
    """A candidate, ready to run.

    Attributes:
        candidate: whose it is.
        model: what it built.
        stages: where the model makes which stage.
    """

    candidate: Candidate
    model: nn.Module
    stages: Mapping[str, Stage]


def judge_probe(judged: Judged, probe: Probe, theirs: Recording) -> Iterator[Comparison]:
    """Run a probe in both lanes and compare.

    Raises:
        Exception: whatever the candidate's own code raises.
    """
    lacking = probe.inputs & judged.candidate.unsupported
    if lacking:
        yield _unsupported(probe, f"the candidate has no {', '.join(sorted(lacking))}")
        return
    if probe.error:
        yield _judge_error(judged, probe)
        return
    for lane in LANES:
        batch = Batch(probe.batch)
        try:
            rows = _run_lane(judged, probe, batch, theirs, lane)
        except KeyError as error:
            if (missing := error.args[0]) in INPUTS and missing not in probe.batch:
                yield _unsupported(probe, f"the candidate needs {missing}")
                return
            raise
        if unread := probe.inputs - batch.asked:
            names = ", ".join(sorted(unread))
            yield _unsupported(probe, f"the candidate does not look at {names}")
            return
        yield from rows


def _run_lane(
    judged: Judged, probe: Probe, batch: Batch, theirs: Recording, lane: str
) -> list[Comparison]:
    rows: dict[str, list[Comparison]] = {}
    mask = probe.batch.get("attention_mask")
    recorded = theirs.stages(probe.name)

    def look(name: str, ours: Tensor) -> Tensor | None:
        if name not in recorded:
            return None
        expected = theirs.get(probe.name, name)
        rows.setdefault(name, []).extend(
            compare_attended(name, ours, expected, mask, probe=probe.name, lane=lane)
        )
        return expected if lane == "isolated" and ours.shape == expected.shape else None

    with torch.no_grad(), tapped(judged.model, judged.stages, look):
        outputs = judged.candidate.forward(judged.model, batch)
    for name in OUTPUTS:
        if name in outputs and name not in judged.candidate.unsupported:
            look(name, outputs[name])
    for name in judged.stages.keys() & set(recorded) - rows.keys():
        rows[name] = [_missing(name, judged, probe, lane)]
    return [row for name in recorded for row in rows.get(name, ())]


def _missing(name: str, judged: Judged, probe: Probe, lane: str) -> Comparison:
    """Say what became of a stage that no tensor was seen at."""
    status, note = Status.MISSING_OURS, "its module was not called"
    if judged.stages[name].side in ("scores", "probabilities"):
        note = "no softmax was called in its module"
        if not judged.candidate.names_stages:  # it never said that there is one
            status = Status.UNSUPPORTED
    return Comparison(name, status, note=note, probe=probe.name, lane=lane)


def compare_attended(
    name: str, ours: Tensor, theirs: Tensor, mask: Tensor | None, *, probe: str, lane: str
) -> Iterator[Comparison]:
    """Compare what belongs to tokens, and in a lane of its own what belongs to padding."""
    kept = None if mask is None else attended(name, theirs, mask)
    if ours.shape != theirs.shape or kept is None:
        yield _compared(name, ours, theirs, probe, lane)
        return
    hidden = ~kept.tokens
    yield _compared(name, ours.masked_fill(hidden, 0), theirs.masked_fill(hidden, 0), probe, lane)
    if lane == "propagated" and bool(kept.padding.any()):
        hidden = ~kept.padding
        yield _compared(
            name, ours.masked_fill(hidden, 0), theirs.masked_fill(hidden, 0), probe, "padding"
        )


def _compared(name: str, ours: Tensor, theirs: Tensor, probe: str, lane: str) -> Comparison:
    allowed = FLOAT64 * float(theirs.abs().max())
    return compare(name, ours, theirs, allowed, probe=probe, lane=lane)


@dataclass(frozen=True)
class Attended:
    """Which numbers of a stage's tensor belong to tokens, and which to padding; of its shape."""

    tokens: Tensor
    padding: Tensor


def attended(name: str, tensor: Tensor, mask: Tensor) -> Attended | None:
    """Say which numbers of a stage belong to tokens.

    Of scores only those of keys that are attended count: what stands for "not attended" is each
    implementation's own business.

    Args:
        name: the stage.
        tensor: the reference's.
        mask: (batch, seq), 1 for tokens.

    Returns:
        None where the tensor has no rows of the batch.
    """
    rows = mask.bool()
    batch, seq = rows.shape
    if tensor.shape[0] != batch:
        return None
    if tensor.shape[1:2] == (seq,) and tensor.dim() == 3:
        tokens, padding = rows[:, :, None], ~rows[:, :, None]
    elif tensor.dim() == 4 and tensor.shape[2:] == (seq, seq):
        queries, keys = rows[:, None, :, None], rows[:, None, None, :]
        keys = keys if name.endswith("scores") else torch.ones_like(keys)
        tokens, padding = queries & keys, ~queries & keys
    else:
        first = rows[:, 0].reshape(batch, *[1] * (tensor.dim() - 1))
        tokens, padding = first, ~first
    return Attended(tokens.expand_as(tensor), padding.expand_as(tensor))


def _judge_error(judged: Judged, probe: Probe) -> Comparison:
    tokens = probe.batch["input_ids"].shape[1]
    try:
        with torch.no_grad():
            judged.candidate.forward(judged.model, Batch(probe.batch))
    except Exception:
        return Comparison("error", Status.MATCH, bit_equal=True, probe=probe.name)
    note = f"{tokens} tokens are one more than there are positions, but no error was raised"
    return Comparison("error", Status.VALUE, note=note, probe=probe.name)


def _unsupported(probe: Probe, note: str) -> Comparison:
    return Comparison("probe", Status.UNSUPPORTED, note=note, probe=probe.name)
