"""scratch_bert against the reference on one checkpoint: ids, every stage, published numbers."""

import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Any

import torch
from torch import Tensor, nn

from parity import reference
from parity.core.compare import Comparison, compare
from parity.core.environment import environment
from parity.core.errors import CandidateCrashedError
from parity.core.probes import Probe
from parity.core.tolerance import BIT_FOR_BIT
from parity.model.side_by_side import Side, judge_side_by_side
from parity.ours import checkpoint as scratch
from parity.ours import published
from scratch_bert.errors import CheckpointError
from scratch_bert.weights.checkpoints import Checkpoint

# Two pairs of unlike lengths, so that both segments and padding are seen.
DEFAULT_TEXTS = (
    "The capital of France is Paris.",
    "BERT reads a café's menu in both directions at once, unlike its predecessors.",
)
DEFAULT_PAIRS = ("Is it?", "They read from left to right.")


@dataclass(frozen=True)
class DiffSettings:
    """How a diff is run.

    Attributes:
        texts: what the models read; several are padded to one length.
        pairs: second sentences, as many.
        attention: "eager" or "sdpa"; sdpa has no scores and probabilities to compare.
        dtype: None takes the checkpoint's.
        device: where both run.
        seed: of the weights a checkpoint lacks; both sides draw them alike.
        stages: compare only stages that match one of these patterns; all if empty.
        probe: what the models read in place of texts.
        histogram: whether differences are counted, too.
    """

    texts: Sequence[str] = DEFAULT_TEXTS
    pairs: Sequence[str] | None = DEFAULT_PAIRS
    attention: str = "eager"
    dtype: torch.dtype | None = None
    device: str = "cpu"
    seed: int = 0
    stages: Sequence[str] = ()
    probe: Probe | None = None
    histogram: bool = False


def probe_of(checkpoint: Checkpoint, settings: DiffSettings) -> Probe:
    """Return what the models read: a probe, or texts as the reference's tokenizer encodes them."""
    if settings.probe is not None:
        return settings.probe
    limit = checkpoint.config.max_position_embeddings
    encoded = reference.encode(checkpoint.folder, settings.texts, settings.pairs, limit)
    return Probe("text", {name: torch.tensor(rows) for name, rows in encoded.items()})


def notes(checkpoint: Checkpoint, settings: DiffSettings) -> list[str]:
    """Say what a reader must know about the reference and the texts."""
    config = checkpoint.config
    said = [rounding_note(config.hidden_size // config.num_attention_heads)]
    if settings.probe is None:
        limit = config.max_position_embeddings
        lengths = reference.lengths(checkpoint.folder, settings.texts, settings.pairs)
        said += [
            f"text {i} has {length} tokens; both models read {limit}"
            for i, length in enumerate(lengths, 1)
            if length > limit
        ]
        batch = reference.encode(checkpoint.folder, settings.texts, settings.pairs, limit)
        if gaps := unseen(batch, limit):
            said.append(f"this input does not reach {', '.join(gaps)}")
    return [note for note in said if note]


def rounding_note(head_dim: int) -> str:
    """Say whether this version rounds attention scores otherwise than 5.x does; "" if not."""
    exact = head_dim.bit_count() == 1 and head_dim.bit_length() % 2 == 1  # a power of four
    if exact or not reference.BEFORE_5:
        return ""
    return (
        f"transformers {reference.VERSIONS['transformers']} divides the scores by the square root "
        f"of {head_dim}, where 5.x and scratch_bert multiply by its inverse: last bits differ; "
        "`parity check` judges in float64 (docs/reference_versions.md)"
    )


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


def selected(name: str, patterns: Sequence[str]) -> bool:
    """Whether a stage is asked for: it is like a pattern, or there is none."""
    return not patterns or any(fnmatch(name, pattern) for pattern in patterns)


def describe(checkpoint: Checkpoint, settings: DiffSettings) -> dict[str, str | int]:
    """What a report says about how it was made."""
    dtype = str(settings.dtype).removeprefix("torch.") if settings.dtype else "the checkpoint's"
    real = published.recognize(checkpoint.folder)
    return {
        "checkpoint": checkpoint.name,
        "weights": f"the real bert-base-uncased, sha256 {real}" if real else "",
        "attention": settings.attention,
        "dtype": dtype,
        "device": settings.device,
        "seed": settings.seed,
        **environment(),
    }


@contextmanager
def blame_candidate(*but_for: type[Exception]) -> Iterator[None]:
    """Mark what is raised inside as the candidate's doing, not the reference's or ours."""
    try:
        yield
    except but_for:
        raise
    except (Exception, SystemExit) as error:
        text = "".join(traceback.format_exception(error)).rstrip()
        raise CandidateCrashedError(text) from error


def diff(checkpoint: Checkpoint, settings: DiffSettings) -> Iterator[Comparison]:
    """Compare scratch_bert with the reference on one checkpoint, yielding row after row.

    Raises:
        CheckpointError: the checkpoint cannot be loaded.
        CandidateCrashedError: the candidate raised something else; that is the cause.
    """
    if settings.probe is None:
        yield from _compare_ids(checkpoint, settings)
    # From here on both read the reference's ids, so that a wrong id is reported where it is.
    read = probe_of(checkpoint, settings).batch
    batch = {name: rows.to(settings.device) for name, rows in read.items()}

    architecture = scratch.architecture_of(checkpoint)
    if architecture.name == "BertForMultipleChoice":
        batch = {name: rows[:, None] for name, rows in batch.items()}  # (batch, choices, seq)
    dtype, device = settings.dtype, settings.device
    torch.manual_seed(settings.seed)
    with blame_candidate(CheckpointError):
        ours = scratch.load(architecture, checkpoint, dtype=dtype, device=device)
    torch.manual_seed(settings.seed)
    theirs = reference.load(
        architecture.name,
        checkpoint.folder,
        attention=settings.attention,
        dtype=dtype,
        device=device,
        **architecture.options,
    )
    if checkpoint.config.add_cross_attention:
        source = torch.randn(len(batch["input_ids"]), 5, checkpoint.config.hidden_size)
        batch["encoder_hidden_states"] = source.to(next(theirs.parameters()))

    def run_ours(model: nn.Module, batch: Mapping[str, Tensor]) -> Mapping[str, Any]:
        with blame_candidate():
            return scratch.forward(model, batch, settings.attention)

    rows = judge_side_by_side(
        Side.of(ours, run_ours, settings.attention),
        Side.of(theirs, reference.forward, settings.attention),
        batch,
        histogram=settings.histogram,
    )
    yield from (row for row in rows if selected(row.name, settings.stages))
    if published.recognize(checkpoint.folder) and settings.dtype in (None, torch.float32):
        known = published.check_published(checkpoint.folder)
        yield from (row for row in known if selected(row.name, settings.stages))


def _compare_ids(checkpoint: Checkpoint, settings: DiffSettings) -> Iterator[Comparison]:
    limit = checkpoint.config.max_position_embeddings
    theirs = reference.encode(checkpoint.folder, settings.texts, settings.pairs, limit)
    with blame_candidate(CheckpointError):
        ours = scratch.encode(checkpoint, settings.texts, settings.pairs, limit)
    for name, rows in theirs.items():
        if selected(name, settings.stages):
            mine, expected = (torch.tensor(each).long() for each in (ours[name], rows))
            yield compare(name, mine, expected, BIT_FOR_BIT)
