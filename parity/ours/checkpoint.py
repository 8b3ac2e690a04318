"""scratch_bert loaded from a checkpoint and run, as `parity.reference` does with HuggingFace."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

import scratch_bert
from scratch_bert.weights.checkpoints import Checkpoint
from scratch_bert.weights.files import read_weights
from scratch_bert.weights.names import canonical_weights

HEADS = [name for name in scratch_bert.__all__ if name.startswith(("BertFor", "BertLMHead"))]


@dataclass(frozen=True)
class Architecture:
    """A class both sides have under this name, and how to make it."""

    name: str
    options: Mapping[str, Any]


def architecture_of(checkpoint: Checkpoint) -> Architecture:
    """Choose the class that uses as much of a checkpoint as one class can.

    With both pretraining heads that is BertForPreTraining, whatever config.json calls the
    checkpoint: the hub's bert-base-uncased has them and says BertForMaskedLM, which has no pooler.
    """
    named = checkpoint.architecture
    weights = canonical_weights(read_weights(checkpoint.folder), checkpoint.folder)
    if "cls.predictions.bias" in weights and "cls.seq_relationship.weight" in weights:
        return Architecture("BertForPreTraining", {})
    if named in HEADS:
        return Architecture(named, {})
    return Architecture("BertModel", {"add_pooling_layer": "pooler.dense.weight" in weights})


def load(
    architecture: Architecture, checkpoint: Checkpoint, *, dtype: torch.dtype | None, device: str
) -> nn.Module:
    """Load a checkpoint into scratch_bert's class."""
    kind = getattr(scratch_bert, architecture.name)
    return kind.from_pretrained(checkpoint, dtype=dtype, **architecture.options).to(device)


def forward(model: nn.Module, batch: Mapping[str, Tensor], attention: str) -> Mapping[str, Any]:
    """Run a batch; the outputs by HF's names."""
    return vars(model(**batch, attention=attention))


def encode(
    checkpoint: Checkpoint, texts: Sequence[str], pairs: Sequence[str] | None, limit: int
) -> dict[str, list[list[int]]]:
    """Tokenize, truncated and padded to the longest."""
    tokenizer = scratch_bert.BertTokenizer.from_pretrained(checkpoint)
    seconds = None if pairs is None else list(pairs)
    encoded = tokenizer(list(texts), seconds, padding=True, truncation=True, max_length=limit)
    return {name: encoded[name] for name in ("input_ids", "token_type_ids", "attention_mask")}
