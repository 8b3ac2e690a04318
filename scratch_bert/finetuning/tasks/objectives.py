"""The losses that fine-tuning minimizes: those of HF's heads, with equal weight for all labels.

HF's heads divide by the labels of a batch, so that with gradient accumulation a label has more
weight if its batch has few labels. Here all batches of a step are divided by one count.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.utils.class_weight import compute_class_weight
from torch import Tensor, nn

from scratch_bert.finetuning.tasks.features import INPUTS
from scratch_bert.training.run.batches import IGNORED
from scratch_bert.training.step import Batch


@dataclass(frozen=True)
class TaskObjective(ABC):
    """An `Objective` (training/step.py) whose loss is computed from a model's logits.

    Attributes:
        attention: "eager", "sdpa" or "packed".
    """

    attention: str = "packed"

    def count(self, batches: Sequence[Batch]) -> Sequence[int]:
        """Count the labels of a step's batches, by which their losses are divided."""
        return [sum(batch["labels"].numel() for batch in batches)]

    def logits(self, output: Any) -> Tensor:
        """Return the logits in a model's output, an example in each row."""
        return output.logits

    @abstractmethod
    def loss_of(self, logits: Tensor, batch: Batch, counts: Sequence[int]) -> Tensor:
        """Return a batch's share of its step's loss."""

    def loss(self, model: nn.Module, batch: Batch, counts: Sequence[int]) -> Tensor:
        """Run a model on a batch; return the batch's share of its step's loss."""
        return self.loss_of(self.logits(outputs(model, batch, self.attention)), batch, counts)


@dataclass(frozen=True)
class CrossEntropy(TaskObjective):
    """One class for each text, token or question.

    Attributes:
        weights: of the classes, as in torch's `cross_entropy`; None means equal weights.
    """

    weights: tuple[float, ...] | None = None

    def count(self, batches: Sequence[Batch]) -> Sequence[int]:
        """Count the labels; with weights, the labels of each class."""
        labels = torch.cat([batch["labels"].flatten() for batch in batches])
        labels = labels[labels != IGNORED]
        if self.weights is None:
            return [len(labels)]
        return torch.bincount(labels, minlength=len(self.weights)).tolist()

    def loss_of(self, logits: Tensor, batch: Batch, counts: Sequence[int]) -> Tensor:
        """Sum the losses of the batch's labels; divide by the weight of all labels of the step."""
        weights, total = None, float(counts[0])
        if self.weights is not None:
            weights = logits.new_tensor(self.weights)
            total = sum(w * n for w, n in zip(self.weights, counts, strict=True))
        labels, scores = batch["labels"].flatten(), logits.flatten(0, -2)
        return F.cross_entropy(scores, labels, weights, reduction="sum") / (total or 1.0)


def balanced_weights(labels: Sequence[str], names: Sequence[str]) -> tuple[float, ...] | None:
    """Weight each label by how rare it is among `names` (scikit-learn's "balanced").

    A label that does not occur has weight 1; without names there are no weights.
    """
    if not names:
        return None
    present = [label for label in labels if label in names]
    found = compute_class_weight("balanced", classes=np.array(present), y=np.array(names))
    weights = dict(zip(present, found.tolist(), strict=True))
    return tuple(weights.get(label, 1.0) for label in labels)


@dataclass(frozen=True)
class MeanSquaredError(TaskObjective):
    """A number for each text."""

    def loss_of(self, logits: Tensor, batch: Batch, counts: Sequence[int]) -> Tensor:
        """Sum the squared errors; divide by the count of the step."""
        return F.mse_loss(logits.squeeze(-1), batch["labels"], reduction="sum") / counts[0]


@dataclass(frozen=True)
class BinaryCrossEntropy(TaskObjective):
    """Any number of labels for each text: each label is 0 or 1 on its own."""

    def loss_of(self, logits: Tensor, batch: Batch, counts: Sequence[int]) -> Tensor:
        """Take the batch's mean, as HF does: the gradient of a sum is rounded differently."""
        labels = batch["labels"]
        mean = F.binary_cross_entropy_with_logits(logits, labels)
        return mean * (labels.numel() / counts[0])


@dataclass(frozen=True)
class SpanCrossEntropy(TaskObjective):
    """The answer's first token, chosen among all tokens, and its last token."""

    def logits(self, output: Any) -> Tensor:
        """Return (batch, 2, seq): logits of the first token and of the last token."""
        return torch.stack([output.start_logits, output.end_logits], 1)

    def count(self, batches: Sequence[Batch]) -> Sequence[int]:
        """Count the windows; a window without an answer has [CLS] as its answer."""
        return [sum(len(batch["start_positions"]) for batch in batches)]

    def loss_of(self, logits: Tensor, batch: Batch, counts: Sequence[int]) -> Tensor:
        """Sum the losses of both tokens and take their mean; divide by the windows of the step."""
        ends = (batch["start_positions"], batch["end_positions"])
        first, last = (
            F.cross_entropy(scores, labels, reduction="sum") / counts[0]
            for scores, labels in zip(logits.unbind(1), ends, strict=True)
        )
        return (first + last) / 2


def outputs(model: nn.Module, batch: Batch, attention: str) -> Any:
    """Run a model on a batch without its labels."""
    return model(**{name: batch[name] for name in INPUTS}, attention=attention)
