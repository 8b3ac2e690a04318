"""The pretraining loss: the mean over the masked tokens plus the mean over the sentence pairs.

Paper: appendix A.2. "Masked" here means all tokens chosen in masking.py; others have label -100.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch.nn.functional as F
from torch import Tensor, nn

from scratch_bert.model.outputs import HeadOutput, PreTrainingOutput
from scratch_bert.training.run.batches import IGNORED
from scratch_bert.training.step import Batch

_LABELS = ("labels", "next_sentence_label")


class Counts(NamedTuple):
    """Numbers of masked tokens and of next-sentence labels in a step, all batches together."""

    masked: int
    pairs: int


def count_labels(batches: Iterable[Batch]) -> Counts:
    """Count the labels of a step's batches."""
    masked = pairs = 0
    for batch in batches:
        masked += int((batch["labels"] != IGNORED).sum())
        pairs += batch["next_sentence_label"].numel() if "next_sentence_label" in batch else 0
    return Counts(masked, pairs)


def word_loss(scores: Tensor, labels: Tensor, count: int) -> Tensor:
    """Sum the cross entropy over the masked tokens, and divide it by their count in the step.

    A model that gives each of four words the probability 1/4 has a loss of ln 4:

    >>> import torch
    >>> scores, labels = torch.zeros(1, 3, 4), torch.tensor([[-100, 2, 1]])
    >>> word_loss(scores, labels, count=2)
    tensor(1.3863)
    """
    lost = F.cross_entropy(scores.flatten(0, -2), labels.flatten(), reduction="sum")
    # In a batch without masked tokens HF's mean is 0 / 0 = NaN, which would ruin the weights.
    return lost / max(1, count)


def pair_loss(scores: Tensor, labels: Tensor, count: int) -> Tensor:
    """Sum the cross entropy over the pairs, and divide it by their count in the step."""
    return F.cross_entropy(scores, labels, reduction="sum") / count


def vocabulary_logits(output: PreTrainingOutput | HeadOutput) -> Tensor:
    """Return the vocabulary logits of BertForPreTraining or BertForMaskedLM (two names in HF)."""
    return output.prediction_logits if isinstance(output, PreTrainingOutput) else output.logits


@dataclass(frozen=True)
class Pretraining:
    """The `Objective` (training/step.py) of pretraining.

    "packed" computes no padding and scores only masked tokens, about 15%, which saves six sevenths
    of the largest matrix product. "eager" and "sdpa" compute everything, with HF's bits.

    Attributes:
        attention: "eager", "sdpa" or "packed".
    """

    attention: str = "packed"

    def count(self, batches: Iterable[Batch]) -> Counts:
        """Count the labels of a step's batches."""
        return count_labels(batches)

    def loss(self, model: nn.Module, batch: Batch, counts: Sequence[int]) -> Tensor:
        """Return a batch's part of its step's loss; `counts` are the `Counts` of the whole step.

        The model's own loss is the mean over one batch (see `divisors` in training/step.py). A
        batch for BertForMaskedLM has no `next_sentence_label`.
        """
        masked, pairs = counts
        inputs = {name: tensor for name, tensor in batch.items() if name not in _LABELS}
        labels, chosen = batch["labels"], None
        if self.attention == "packed":
            chosen = labels != IGNORED  # (batch, seq)
            labels = labels[chosen]  # (chosen)
        output = model(**inputs, logits_at=chosen, attention=self.attention)
        loss = word_loss(vocabulary_logits(output), labels, masked)
        if "next_sentence_label" not in batch:
            return loss
        return loss + pair_loss(output.seq_relationship_logits, batch["next_sentence_label"], pairs)
