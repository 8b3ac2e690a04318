"""A whole model against the reference, stage by stage, in the order of computation.

Both models run in step: when the reference has made a tensor, the candidate goes on until it has
made its own, the two are compared and forgotten. So memory does not grow with the number of layers.
"""

import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatch
from pathlib import Path

import torch
from torch import Tensor

from parity import published, reference, scratch
from parity.compare import Comparison, Status, compare
from parity.environment import environment
from parity.stages import Point, reference_points
from parity.tolerance import BIT_FOR_BIT
from parity.trace import Emit, stream, tapped
from scratch_bert.errors import CheckpointError

Run = Callable[[Emit], None]

DEFAULT_TEXTS = (
    "The capital of France is Paris.",
    "BERT reads a café's menu in both directions at once, unlike its predecessors.",
)


class Verdict(StrEnum):
    """The whole run in a word."""

    PARITY = "parity"
    DIVERGES = "diverges"
    CRASHED = "crashed"
    NOT_COMPARABLE = "not_comparable"
    NOTHING_COMPARED = "nothing_compared"


EXIT_CODES = {
    Verdict.PARITY: 0,
    Verdict.DIVERGES: 1,
    Verdict.CRASHED: 2,
    Verdict.NOT_COMPARABLE: 3,
    Verdict.NOTHING_COMPARED: 5,
}


@dataclass
class Report:
    """What a diff found.

    Attributes:
        rows: one per stage, in the order of computation.
        environment: what the result depends on.
        notes: what a reader must know besides, such as a text that was cut.
        failure: the verdict where the comparison did not come to its end.
        error: why not.
    """

    rows: list[Comparison] = field(default_factory=list)
    environment: dict[str, str | int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    failure: Verdict | None = None
    error: str | None = None

    @property
    def first_divergence(self) -> Comparison | None:
        """The first stage that is not equal."""
        return next((row for row in self.rows if not row.passed), None)

    @property
    def verdict(self) -> Verdict:
        """The whole in a word."""
        if self.failure is not None:
            return self.failure
        if not self.rows:
            return Verdict.NOTHING_COMPARED
        return Verdict.PARITY if self.first_divergence is None else Verdict.DIVERGES


class CandidateError(Exception):
    """The candidate raised something; the cause says what."""


@contextmanager
def blame_candidate() -> Iterator[None]:
    """Mark what is raised inside as the candidate's doing, not the reference's or ours."""
    try:
        yield
    except CheckpointError:
        raise
    except Exception as error:
        raise CandidateError from error


@dataclass(frozen=True)
class Settings:
    """How a diff is run.

    Attributes:
        texts: what the models read; several are padded to one length.
        pairs: second sentences, as many.
        attention: "eager" or "sdpa"; sdpa has no scores and probabilities to compare.
        dtype: None takes the checkpoint's.
        device: where both run.
        seed: of the weights a checkpoint lacks; both sides draw them alike.
        stages: compare only stages that match one of these patterns; all if empty.
    """

    texts: Sequence[str] = DEFAULT_TEXTS
    pairs: Sequence[str] | None = None
    attention: str = "eager"
    dtype: torch.dtype | None = None
    device: str = "cpu"
    seed: int = 0
    stages: Sequence[str] = ()


def judge(report: Report, folder: Path, settings: Settings) -> Iterator[Comparison]:
    """Fill a report row after row and pass the rows on; what is raised becomes its verdict."""
    try:
        report.environment["architecture"] = scratch.architecture_of(folder).name
        limit = scratch.max_length(folder)
        for i, length in enumerate(reference.lengths(folder, settings.texts, settings.pairs), 1):
            if length > limit:
                report.notes.append(f"text {i} has {length} tokens; both models read {limit}")
        for row in diff(folder, settings):
            report.rows.append(row)
            yield row
    except CandidateError as error:
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
        CandidateError: the candidate raised something else; that is the cause.
    """
    limit = scratch.max_length(folder)
    theirs_ids = reference.encode(folder, settings.texts, settings.pairs, limit)
    with blame_candidate():
        ours_ids = scratch.encode(folder, settings.texts, settings.pairs, limit)
    for name, rows in theirs_ids.items():
        if _selected(name, settings.stages):
            yield compare(name, _tensor(ours_ids[name]), _tensor(rows), BIT_FOR_BIT)
    # From here on both read the reference's ids, so that a wrong id is reported where it is.
    batch = {name: _tensor(rows).to(settings.device) for name, rows in theirs_ids.items()}

    architecture = scratch.architecture_of(folder)
    dtype, device = settings.dtype, settings.device
    torch.manual_seed(settings.seed)
    with blame_candidate():
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
    points = {
        name: point
        for name, point in reference_points(n for n, _ in theirs.named_modules()).items()
        if _selected(name, settings.stages)
    }
    modules = {name for name, _ in ours.named_modules()}
    ours_points = {name: point for name, point in points.items() if point.module in modules}

    def run_ours(emit: Emit) -> None:
        with blame_candidate(), tapped(ours, ours_points, emit):
            scratch.forward(ours, batch, settings.attention)

    def run_theirs(emit: Emit) -> None:
        with tapped(theirs, points, emit):
            reference.forward(theirs, batch)

    with torch.no_grad():
        yield from compare_runs(run_ours, ours_points, run_theirs)
    if published.recognise(folder) and settings.dtype in (None, torch.float32):
        known = published.check_published(folder)
        yield from (row for row in known if _selected(row.name, settings.stages))


def compare_runs(
    run_ours: Run, ours_points: Mapping[str, Point], run_theirs: Run
) -> Iterator[Comparison]:
    """Compare two runs in step; the reference's order is the order of the rows."""
    ours = stream(run_ours)
    early: dict[str, Tensor] = {}  # made before the reference made its own; usually empty

    def find(name: str) -> Tensor | None:
        if name in early:
            return early.pop(name)
        if name not in ours_points:
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


def _selected(name: str, patterns: Sequence[str]) -> bool:
    return not patterns or any(fnmatch(name, pattern) for pattern in patterns)


def _tensor(rows: list[list[int]]) -> Tensor:
    return torch.tensor(rows, dtype=torch.long)


def describe(folder: Path, checkpoint: str, settings: Settings) -> dict[str, str | int]:
    """What a report says about how it was made."""
    dtype = str(settings.dtype).removeprefix("torch.") if settings.dtype else "the checkpoint's"
    real = published.recognise(folder)
    return {
        "checkpoint": checkpoint,
        "weights": f"the real bert-base-uncased, sha256 {real}" if real else "",
        "attention": settings.attention,
        "dtype": dtype,
        "device": settings.device,
        "seed": settings.seed,
        **environment(),
    }
