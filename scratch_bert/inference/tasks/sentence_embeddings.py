"""A vector for each text, near those of texts that mean the like (HF sentence-transformers)."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, get_args

import torch
import torch.nn.functional as F
from torch import Tensor

from scratch_bert.files import read_object
from scratch_bert.inference.run.runner import Runner
from scratch_bert.model.bert import BertModel
from scratch_bert.weights.checkpoints import Checkpoint

Pooling = Literal["mean", "cls"]


class SentenceEmbeddings:
    """A model and its tokenizer.

    Args:
        name: a folder, a hub id, or a built-in checkpoint.
        pooling: "mean" of a text's tokens, or that of [CLS], as the model was trained.
        normalize: make each vector one of length 1.
        options: `attention`, `batch_tokens`, `device` and `dtype`, as of `Runner`.

    Attributes:
        max_length: tokens of a text that count; sentence_bert_config.json's `max_seq_length`, else
            what the model takes.
        pooling: as given.
    """

    def __init__(
        self, name: str | Path, pooling: Pooling = "mean", normalize: bool = True, **options: Any
    ) -> None:
        if pooling not in get_args(Pooling):
            raise ValueError(f"pooling is {pooling!r}, expected 'mean' or 'cls'")
        checkpoint = Checkpoint.of(name)
        self.runner = Runner(BertModel, checkpoint, add_pooling_layer=False, **options)
        settings = read_object(checkpoint.folder / "sentence_bert_config.json") or {}
        longest = self.runner.longest
        self.max_length = min(settings.get("max_seq_length") or longest, longest)
        self.pooling = pooling
        self._normalize = normalize

    def __call__(self, texts: Sequence[str]) -> Tensor:
        """Return the vectors, (texts, hidden); what is longer than `max_length` is cut."""
        rows = self.runner.encode(texts, self.max_length)
        vectors = self.runner.run(rows, self._vectors)
        if not vectors:
            return torch.empty(0, self.runner.model.config.hidden_size)
        return torch.stack(vectors)

    def _vectors(self, batch: dict[str, Tensor]) -> Tensor:
        """Embed a batch: (batch, hidden)."""
        vectors = pooled(self.states(batch), batch["attention_mask"], self.pooling)
        return (unit_length(vectors) if self._normalize else vectors).cpu()

    def states(self, batch: dict[str, Tensor]) -> Tensor:
        """Compute what is pooled, the last layer's output: (batch, seq, hidden)."""
        return self.runner.forward(batch).last_hidden_state


def pooled(states: Tensor, attention_mask: Tensor, pooling: Pooling) -> Tensor:
    """Make one vector of a text's tokens: (batch, seq, hidden), (batch, seq) → (batch, hidden)."""
    if pooling == "cls":
        return states[:, 0]
    mask = attention_mask[:, :, None].to(states.dtype)
    adding = torch.promote_types(states.dtype, torch.float32)
    mean = (states * mask).sum(1, dtype=adding) / mask.sum(1, dtype=adding)
    return mean.to(states.dtype)


def unit_length(vectors: Tensor) -> Tensor:
    """Divide each vector by its length: (batch, hidden) → (batch, hidden)."""
    return F.normalize(vectors, dim=-1)
