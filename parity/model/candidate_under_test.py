"""A candidate, built from a checkpoint and ready to run."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from copy import deepcopy

import torch
from torch import Tensor, nn

from parity.core.import_by_name import load_maker
from parity.model.candidate import Batch, Candidate
from parity.model.model_under_test import Subject
from parity.model.weight_places import Emit, gathered, places_of
from scratch_bert.weights.builtin import ADVERSARIAL
from scratch_bert.weights.checkpoints import Checkpoint
from scratch_bert.weights.files import read_weights
from scratch_bert.weights.names import canonical_weights


def candidate_subject(candidate: Candidate, checkpoint: Checkpoint, dtype: torch.dtype) -> Subject:
    """Build a candidate, and find its stages.

    Args:
        candidate: whose model.
        checkpoint: with its weights.
        dtype: what it computes in.

    Raises:
        CandidateError: it is not what a candidate must be.
    """

    def weights() -> dict[str, Tensor]:
        """Read them anew: nobody's changes stay, and nobody holds them."""
        found = canonical_weights(read_weights(checkpoint.folder), checkpoint.folder)
        return {name: tensor for name, (_, tensor) in found.items()}

    def make(dtype: torch.dtype) -> nn.Module:
        return candidate.build(deepcopy(checkpoint.values), weights()).to(dtype)

    def gradients(model: nn.Module, emit: Emit) -> AbstractContextManager[None]:
        if "places" not in subject.kept:
            subject.kept["places"] = places_of(model, weights())
        return gathered(subject.kept["places"], emit)

    subject = Subject(make, candidate.forward, {}, gradients, dtype=dtype)
    subject.unsupported = candidate.unsupported
    layers = checkpoint.config.num_hidden_layers
    subject.stages = candidate.stages(subject.model(dtype), layers)
    return subject


def load(
    candidate: str,
    checkpoint: str = ADVERSARIAL,
    dtype: torch.dtype = torch.float64,
) -> Callable[..., dict[str, Tensor]]:
    """Build a candidate to try things on it.

    Args:
        candidate: path/to/file.py:NAME or package.module:NAME.
        checkpoint: a folder, a hub id or a built-in one.
        dtype: what it computes in.

    Returns:
        A function of `input_ids` and the other inputs, by name and as nested lists; its outputs by
        HuggingFace's names.
    """
    made = Candidate(load_maker(candidate), candidate)
    subject = candidate_subject(made, Checkpoint.of(checkpoint), dtype)

    def run(**inputs: list[list[int]]) -> dict[str, Tensor]:
        batch = Batch({name: torch.tensor(rows) for name, rows in inputs.items()})
        with torch.no_grad():
            outputs = subject.forward(subject.model(dtype), batch)
        return {name: tensor.clone() for name, tensor in outputs.items()}

    return run
