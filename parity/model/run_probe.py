"""A candidate beside what the reference was recorded to compute, probe by probe."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

import torch
from torch import Tensor

from parity.core.compare import Comparison, Status, compare
from parity.core.dropout import AlignedDropout, Draw
from parity.core.probes import Mode, Probe, Scope
from parity.core.recording import Recording
from parity.core.stages import OUTPUTS
from parity.core.tolerance import BIT_FOR_BIT
from parity.model.backward import judge_backward
from parity.model.candidate import INPUTS, Batch
from parity.model.dropout_masks import read_dropout
from parity.model.expected import RecordedProbe
from parity.model.lanes import LANES, judge_forward, run_lane
from parity.model.model_under_test import ModelUnderTest


def judge_probe(
    tested: ModelUnderTest,
    probe: Probe,
    theirs: Recording,
    relative: float | None = None,
    *,
    histogram: bool = False,
) -> Iterator[Comparison]:
    """Run a probe and compare.

    Args:
        tested: the candidate.
        probe: what it is given.
        theirs: has the probe.
        relative: what numbers may differ by; None means what `parity.core.tolerance` says.
        histogram: whether differences are counted, too.

    Raises:
        Exception: whatever the candidate's own code raises.
    """
    dtype = getattr(torch, probe.dtype) if probe.dtype else tested.dtype
    recorded = RecordedProbe(theirs, probe, dtype, relative, histogram)
    needed = {*probe.inputs, probe.dtype, _NEEDED.get(probe.mode, "")}
    if lacking := needed & {*tested.unsupported}:
        yield from _unsupported(recorded, lacking, "declared")
        return
    if probe.dtype and dtype is not tested.dtype and tested.dtype in _LOW:
        yield from _unsupported(recorded, [probe.dtype], "the candidate computes in another dtype")
        return
    if probe.mode is Mode.TRAIN and (why := _hides_dropout(tested, dtype)):
        yield from _unsupported(recorded, ["dropout"], why)
        return
    batch = Batch(probe.batch)
    try:
        rows = list(_CHECKS[probe.mode](tested, batch, recorded))
    except Exception as error:
        missing = error.args[0] if isinstance(error, KeyError) else None
        if missing in INPUTS and missing not in probe.batch:
            yield from _unsupported(recorded, [missing], "the candidate cannot do without it")
        elif probe.dtype:
            yield from _unsupported(recorded, [probe.dtype], f"{type(error).__name__}: {error}")
        else:
            raise
        return
    if unread := probe.inputs - batch.accessed:
        yield from _unsupported(recorded, unread, "the candidate does not look at it")
        return
    yield from rows
    for name in sorted(batch.changed):
        note = f"the candidate writes into its input {name}; whoever gave it has other numbers now"
        yield replace(recorded.row(name, Status.VALUE, note), scope=str(Scope.ROBUSTNESS))


def _hides_dropout(tested: ModelUnderTest, dtype: torch.dtype) -> str:
    """Say why nobody can look at what a model drops, if that is so."""
    try:
        model = tested.model(dtype, training=True)
    except NotImplementedError as error:  # an exported module has no training mode
        return f"{type(error).__name__}: {error}"
    scripted = any(isinstance(module, torch.jit.ScriptModule) for module in model.modules())
    return "nobody sees it inside a ScriptModule" if scripted else ""


def _unsupported(
    recorded: RecordedProbe, features: Iterable[str], why: str
) -> Iterator[Comparison]:
    for name in sorted(features):
        yield recorded.row(name, Status.UNSUPPORTED, f"{name}: {why}")


def judge_repetition(
    tested: ModelUnderTest, batch: Mapping[str, Tensor], recorded: RecordedProbe
) -> Iterator[Comparison]:
    """In evaluation a second run gives the same bits as the first, whatever was run before."""
    other = {name: rows.flip(0) for name, rows in recorded.probe.batch.items()}

    def run(*batches: Mapping[str, Tensor]) -> list[dict[str, Tensor]]:
        """Run them on a model that has seen nothing else."""
        model = tested.model(recorded.dtype, fresh=True)
        with torch.no_grad():
            made = [tested.forward(model, each) for each in batches]
        return [{key: tensor.clone() for key, tensor in outputs.items()} for outputs in made]

    first, second, after = run(batch, batch, other)
    (alone,) = run(other)
    for output in (each for each in OUTPUTS if each in first):
        for ours, theirs, what in (
            (second, first, "a second run gives other numbers"),
            (after, alone, "another batch before it gives other numbers: something is kept"),
        ):
            row = compare(output, ours[output], theirs[output], BIT_FOR_BIT, **recorded.labels)
            yield row if row.passed else replace(row, note=what)


def judge_refusal(
    tested: ModelUnderTest, batch: Mapping[str, Tensor], recorded: RecordedProbe
) -> Iterator[Comparison]:
    """A token raises no error, more tokens than there are positions do."""
    model, tokens = tested.model(recorded.dtype), batch["input_ids"].shape[1]
    with torch.no_grad():
        tested.forward(model, {name: rows[:, :1] for name, rows in recorded.probe.batch.items()})
    try:
        with torch.no_grad():
            tested.forward(model, batch)
    except Exception:
        yield Comparison("error", Status.MATCH, bit_equal=True, **recorded.labels)
        return
    note = f"{tokens} tokens are one more than there are positions, but no error was raised"
    yield recorded.row("error", Status.VALUE, note)


def judge_dropout(
    tested: ModelUnderTest, batch: Mapping[str, Tensor], recorded: RecordedProbe
) -> Iterator[Comparison]:
    """Compare every stage, with the same numbers dropped; else read off what is dropped.

    A correct model may draw its masks with functions of its own, or in another order; then the
    numbers differ, and the masks are read off the tensors that they were applied to.
    """
    theirs = recorded.recording.draws(recorded.probe.name)
    model = tested.model(recorded.dtype, training=True)
    rows = []
    for lane in LANES:
        aligned = AlignedDropout()
        with aligned:
            rows += run_lane(tested, model, batch, recorded, lane, aligned.reached)
    if not theirs:
        yield recorded.row("dropout", Status.UNSUPPORTED, "the configuration has no dropout")
        return
    if not aligned.hidden and all(row.passed or row.lane == "padding" for row in rows):
        yield from rows
        return
    read = read_dropout(tested, recorded)
    if read.is_right:
        yield from read.rows
    elif aligned.hidden or not {draw.shape for draw in aligned.draws} <= {d.shape for d in theirs}:
        yield from read.rows or [recorded.row("dropout", Status.UNSUPPORTED, _UNALIGNED)]
    elif not aligned.draws:
        yield from read.rows or [recorded.row("dropout", Status.UNSUPPORTED, _NOTHING)]
    elif read.dropped - {draw.stage for draw in aligned.draws}:  # some are drawn in another way
        yield from read.rows
    elif aligned.draws != theirs:
        stage, note = _explain(aligned.draws, theirs)
        for lane in LANES:
            yield recorded.row(stage, Status.VALUE, note, lane)
    elif not read.rows and recorded.dtype is torch.float64:  # the masks may fall on other numbers
        yield recorded.row("dropout", Status.UNSUPPORTED, _UNALIGNED)
    else:
        yield from rows


_UNALIGNED = "the candidate draws its dropout where or in shapes that cannot be aligned"
_NOTHING = "the candidate drops nothing, or not with torch's functions"


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


_CHECKS: dict[Mode, Callable[[ModelUnderTest, Batch, RecordedProbe], Iterator[Comparison]]] = {
    Mode.EVALUATE: judge_forward,
    Mode.REFUSE: judge_refusal,
    Mode.REPEAT: judge_repetition,
    Mode.TRAIN: judge_dropout,
    Mode.BACKWARD: judge_backward,
}
_LOW = (torch.bfloat16, torch.float16)
_NEEDED = {Mode.TRAIN: "dropout", Mode.BACKWARD: "gradients"}
