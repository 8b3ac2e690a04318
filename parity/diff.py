"""A whole model against the reference, stage by stage, in the order of computation.

Both models run in step: when the reference has made a tensor, the candidate goes on until it has
made its own, the two are compared and forgotten. So memory does not grow with the number of layers.
"""

import traceback
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from parity import published, reference, scratch
from parity.compare import Comparison, Status, compare
from parity.environment import environment
from parity.errors import CandidateCrashedError
from parity.stages import OUTPUTS, reference_points
from parity.stream import Emit, stream
from parity.tolerance import BIT_FOR_BIT
from parity.trace import tapped
from parity.verdict import Report, Verdict
from scratch_bert.errors import CheckpointError

Run = Callable[[Emit], None]

# Two pairs of unlike lengths, so that both segments and padding are seen.
DEFAULT_TEXTS = (
    "The capital of France is Paris.",
    "BERT reads a café's menu in both directions at once, unlike its predecessors.",
)
DEFAULT_PAIRS = ("Is it?", "They read from left to right.")


@contextmanager
def blame_candidate(*but_for: type[Exception]) -> Iterator[None]:
    """Mark what is raised inside as the candidate's doing, not the reference's or ours."""
    try:
        yield
    except but_for:
        raise
    except (Exception, SystemExit) as error:
        raise CandidateCrashedError from error


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
    pairs: Sequence[str] | None = DEFAULT_PAIRS
    attention: str = "eager"
    dtype: torch.dtype | None = None
    device: str = "cpu"
    seed: int = 0
    stages: Sequence[str] = ()


def judge(report: Report, folder: Path, settings: Settings) -> Iterator[Comparison]:
    """Fill a report row after row and pass the rows on; what is raised becomes its verdict."""
    try:
        report.environment["architecture"] = scratch.architecture_of(folder).name
        config = scratch.config(folder)
        limit = config.max_position_embeddings
        if note := reference.rounding_note(config.hidden_size // config.num_attention_heads):
            report.notes.append(note)
        for i, length in enumerate(reference.lengths(folder, settings.texts, settings.pairs), 1):
            if length > limit:
                report.notes.append(f"text {i} has {length} tokens; both models read {limit}")
        batch = reference.encode(folder, settings.texts, settings.pairs, limit)
        if gaps := unseen(batch, limit):
            report.notes.append(f"this input does not reach {', '.join(gaps)}")
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
    limit = scratch.config(folder).max_position_embeddings
    theirs_ids = reference.encode(folder, settings.texts, settings.pairs, limit)
    with blame_candidate(CheckpointError):
        ours_ids = scratch.encode(folder, settings.texts, settings.pairs, limit)
    for name, rows in theirs_ids.items():
        if _selected(name, settings.stages):
            yield compare(name, _tensor(ours_ids[name]), _tensor(rows), BIT_FOR_BIT)
    # From here on both read the reference's ids, so that a wrong id is reported where it is.
    batch = {name: _tensor(rows).to(settings.device) for name, rows in theirs_ids.items()}

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
        source = torch.randn(len(settings.texts), 5, scratch.config(folder).hidden_size)
        batch["encoder_hidden_states"] = source.to(next(theirs.parameters()))
    points = {
        name: point
        for name, point in reference_points(n for n, _ in theirs.named_modules()).items()
        if _selected(name, settings.stages)
        and (settings.attention == "eager" or point.side in ("in", "out"))
    }
    outputs = [name for name in OUTPUTS if _selected(name, settings.stages)]
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
        yield from (row for row in known if _selected(row.name, settings.stages))


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


def unseen(batch: Mapping[str, list[list[int]]], positions: int) -> list[str]:
    """Say what of a BERT an input does not reach, so that a match there means nothing."""
    seq = len(batch["input_ids"][0])
    gaps = []
    if not any(1 in row for row in batch["token_type_ids"]):
        gaps.append("segment 1 (give --pair)")
    if not any(0 in row for row in batch["attention_mask"]):
        gaps.append("padding (give texts of unlike lengths)")
    if seq < positions:
        gaps.append(f"positions {seq} to {positions - 1} (give a longer text)")
    return gaps


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
