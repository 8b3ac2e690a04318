"""A whole model against the reference, stage by stage, in the order of computation.

Both models run in step: when the reference has made a tensor, the candidate goes on until it has
made its own, the two are compared and forgotten. So memory does not grow with the number of layers.
"""

import traceback
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from parity import published, reference, scratch
from parity.compare import Comparison, Status, compare
from parity.diff_settings import Settings, notes, probe_of, selected
from parity.errors import CandidateCrashedError
from parity.stages import OUTPUTS, reference_points
from parity.stream import Emit, stream
from parity.tolerance import BIT_FOR_BIT
from parity.trace import tapped
from parity.verdict import Report, Verdict
from scratch_bert.errors import CheckpointError

Run = Callable[[Emit], None]


@contextmanager
def blame_candidate(*but_for: type[Exception]) -> Iterator[None]:
    """Mark what is raised inside as the candidate's doing, not the reference's or ours."""
    try:
        yield
    except but_for:
        raise
    except (Exception, SystemExit) as error:
        raise CandidateCrashedError from error


def judge(report: Report, folder: Path, settings: Settings) -> Iterator[Comparison]:
    """Fill a report row after row and pass the rows on; what is raised becomes its verdict."""
    try:
        report.environment["architecture"] = scratch.architecture_of(folder).name
        report.notes += notes(folder, settings)
        for row in diff(folder, settings):
            report.rows.append(row)
            yield row
    except CandidateCrashedError as error:
        cause = error.__cause__ or error
        report.failure = Verdict.CRASHED
        report.error = "".join(traceback.format_exception(cause)).rstrip()
    except CheckpointError as error:
        report.failure, report.error = Verdict.NOT_COMPARABLE, str(error)
    except Exception:  # neither the candidate's nor the checkpoint's: the reference could not run
        report.failure, report.error = Verdict.NOT_COMPARABLE, traceback.format_exc().rstrip()


def diff(folder: Path, settings: Settings) -> Iterator[Comparison]:
    """Compare scratch_bert with the reference on one checkpoint, yielding row after row.

    Raises:
        CheckpointError: the checkpoint cannot be loaded.
        CandidateCrashedError: the candidate raised something else; that is the cause.
    """
    if settings.probe is None:
        yield from _compare_ids(folder, settings)
    # From here on both read the reference's ids, so that a wrong id is reported where it is.
    read = probe_of(folder, settings).batch
    batch = {name: rows.to(settings.device) for name, rows in read.items()}

    architecture = scratch.architecture_of(folder)
    if architecture.name == "BertForMultipleChoice":
        batch = {name: rows[:, None] for name, rows in batch.items()}  # (batch, choices, seq)
    dtype, device = settings.dtype, settings.device
    torch.manual_seed(settings.seed)
    with blame_candidate(CheckpointError):
        ours = scratch.load(architecture, folder, dtype=dtype, device=device)
    torch.manual_seed(settings.seed)
    theirs = reference.load(
        architecture.name,
        folder,
        attention=settings.attention,
        dtype=dtype,
        device=device,
        **architecture.options,
    )
    if scratch.config(folder).add_cross_attention:
        source = torch.randn(len(batch["input_ids"]), 5, scratch.config(folder).hidden_size)
        batch["encoder_hidden_states"] = source.to(next(theirs.parameters()))
    points = {
        name: point
        for name, point in reference_points(n for n, _ in theirs.named_modules()).items()
        if selected(name, settings.stages)
        and (settings.attention == "eager" or point.side in ("in", "out"))
    }
    outputs = [name for name in OUTPUTS if selected(name, settings.stages)]
    modules = {name for name, _ in ours.named_modules()}
    ours_points = {name: point for name, point in points.items() if point.module in modules}

    def run_ours(emit: Emit) -> None:
        with blame_candidate():
            with tapped(ours, ours_points, emit):
                output = vars(scratch.forward(ours, batch, settings.attention))
            _emit_outputs(output, outputs, emit)

    def run_theirs(emit: Emit) -> None:
        with tapped(theirs, points, emit):
            output = reference.forward(theirs, batch)
        _emit_outputs(output, outputs, emit)

    computed = set()
    with torch.no_grad():
        for row in compare_runs(run_ours, {*ours_points, *outputs}, run_theirs):
            computed.add(row.name)
            yield row
    for name in [name for name in points if name not in computed]:
        yield Comparison(name, Status.UNSUPPORTED, note="neither side computed it")
    if published.recognise(folder) and settings.dtype in (None, torch.float32):
        known = published.check_published(folder)
        yield from (row for row in known if selected(row.name, settings.stages))


def _compare_ids(folder: Path, settings: Settings) -> Iterator[Comparison]:
    limit = scratch.config(folder).max_position_embeddings
    theirs = reference.encode(folder, settings.texts, settings.pairs, limit)
    with blame_candidate(CheckpointError):
        ours = scratch.encode(folder, settings.texts, settings.pairs, limit)
    for name, rows in theirs.items():
        if selected(name, settings.stages):
            yield compare(name, _tensor(ours[name]), _tensor(rows), BIT_FOR_BIT)


def compare_runs(run_ours: Run, ours_has: Collection[str], run_theirs: Run) -> Iterator[Comparison]:
    """Compare two runs in step; the reference's order is the order of the rows."""
    ours = stream(run_ours)
    early: dict[str, Tensor] = {}  # made before the reference made its own; usually empty

    def find(name: str) -> Tensor | None:
        if name in early:
            return early.pop(name)
        if name not in ours_has:
            return None
        for stage, tensor in ours:
            if stage == name:
                return tensor
            early[stage] = tensor.clone()
        return None

    for name, theirs in stream(run_theirs):
        found = find(name)
        if found is None:
            shape = tuple(theirs.shape)
            yield Comparison(name, Status.MISSING_OURS, shape=shape, note="ours has no such tensor")
        else:
            yield compare(name, found, theirs, BIT_FOR_BIT)
    for name, tensor in [*early.items(), *ours]:
        shape = tuple(tensor.shape)
        yield Comparison(name, Status.MISSING_THEIRS, shape=shape, note="theirs has no such tensor")


def _emit_outputs(output: Mapping[str, Any], names: Sequence[str], emit: Emit) -> None:
    """Emit what the model returned; a module's output may still be changed on its way out."""
    for name in names:
        if output.get(name) is not None:
            emit(name, output[name])


def _tensor(rows: list[list[int]]) -> Tensor:
    return torch.tensor(rows, dtype=torch.long)
