"""scratch_bert against the reference on one checkpoint: ids, every stage, published numbers."""

import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from parity import reference
from parity.core.compare import Comparison, compare
from parity.core.errors import CandidateCrashedError
from parity.core.tolerance import BIT_FOR_BIT
from parity.model.diff_settings import DiffSettings, probe_of, selected
from parity.model.side_by_side import Side, judge_side_by_side
from parity.ours import checkpoint as scratch
from parity.ours import published
from scratch_bert.errors import CheckpointError
from scratch_bert.weights.checkpoints import Checkpoint


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
    config = checkpoint.config
    if config.add_cross_attention:
        source = torch.randn(len(batch["input_ids"]), 5, config.hidden_size)
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
    if published.recognise(checkpoint.folder) and settings.dtype in (None, torch.float32):
        known = published.check_published(checkpoint.folder)
        yield from (row for row in known if selected(row.name, settings.stages))


def _compare_ids(checkpoint: Checkpoint, settings: DiffSettings) -> Iterator[Comparison]:
    limit = checkpoint.config.max_position_embeddings
    theirs = reference.encode(checkpoint.folder, settings.texts, settings.pairs, limit)
    with blame_candidate(CheckpointError):
        ours = scratch.encode(checkpoint, settings.texts, settings.pairs, limit)
    for name, rows in theirs.items():
        if selected(name, settings.stages):
            yield compare(name, _tensor(ours[name]), _tensor(rows), BIT_FOR_BIT)


def _tensor(rows: list[list[int]]) -> Tensor:
    return torch.tensor(rows, dtype=torch.long)
