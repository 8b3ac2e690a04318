"""What fine-tuning makes small: the losses of HF's heads, of all examples of a step alike.

HF's heads divide by what is in a batch, so that with accumulation a label weighs more where its
batch has few.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from scratch_bert.finetuning.tasks.features import INPUTS
from scratch_bert.training.run.batches import IGNORED
from scratch_bert.training.step import Batch


class TaskObjective(Protocol):
    """An `Objective` that says what of a model's output the loss is of.

    Attributes:
        attention: "eager", "sdpa" or "packed".
    """

    attention: str

    def count(self, batches: Sequence[Batch]) -> Sequence[int]:
        """Count what the losses of a step's batches are divided by."""
        ...

    def loss(self, model: nn.Module, batch: Batch, counts: Sequence[int]) -> Tensor:
        """Return a batch's share of its step's loss."""
        ...

    def logits(self, output: Any) -> Tensor:
        """Return all that the model says, an example in each row."""
        ...

    def share(self, logits: Tensor, batch: Batch, counts: Sequence[int]) -> Tensor:
        """Return the same from the logits."""
        ...


@dataclass(frozen=True)
class _Labelled(ABC):
    attention: str = "packed"

    def loss(self, model: nn.Module, batch: Batch, counts: Sequence[int]) -> Tensor:
        """Return a batch's share of its step's loss."""
        return self.share(self.logits(outputs(model, batch, self.attention)), batch, counts)

    def logits(self, output: Any) -> Tensor:
        """Return those of the classifier."""
        return output.logits

    @abstractmethod
    def share(self, logits: Tensor, batch: Batch, counts: Sequence[int]) -> Tensor:
        """Return the same from the logits."""


@dataclass(frozen=True)
class Classes(_Labelled):
    """Cross entropy: one class of each text, token or question.

    Attributes:
        weights: of each class, as torch's `cross_entropy` has them; None weighs all alike.
    """

    weights: tuple[float, ...] | None = None

    def count(self, batches: Sequence[Batch]) -> Sequence[int]:
        """Count the labels; with weights, those of each class."""
        labels = torch.cat([batch["labels"].flatten() for batch in batches])
        labels = labels[labels != IGNORED]
        if self.weights is None:
            return [len(labels)]
        return torch.bincount(labels, minlength=len(self.weights)).tolist()

    def share(self, logits: Tensor, batch: Batch, counts: Sequence[int]) -> Tensor:
        """Return the sum of its labels' losses, over what all labels weigh."""
        weights, whole = None, float(counts[0])
        if self.weights is not None:
            weights = logits.new_tensor(self.weights)
            whole = sum(w * n for w, n in zip(self.weights, counts, strict=True))
        labels, scores = batch["labels"].flatten(), logits.flatten(0, -2)
        return F.cross_entropy(scores, labels, weights, reduction="sum") / (whole or 1.0)


@dataclass(frozen=True)
class Numbers(_Labelled):
    """Squared errors of numbers, or cross entropy of labels that are there or not, each alone.

    Attributes:
        binary: the labels are 0 or 1.
    """

    binary: bool = False

    def count(self, batches: Sequence[Batch]) -> Sequence[int]:
        """Count the numbers."""
        return [sum(batch["labels"].numel() for batch in batches)]

    def share(self, logits: Tensor, batch: Batch, counts: Sequence[int]) -> Tensor:
        """Return the sum of its errors, over how many there are in all."""
        labels = batch["labels"]
        if self.binary:  # torch rounds the gradients of mean and sum differently; HF has the mean
            mean = F.binary_cross_entropy_with_logits(logits, labels)
            return mean * (labels.numel() / counts[0])
        return F.mse_loss(logits.squeeze(-1), labels, reduction="sum") / counts[0]


@dataclass(frozen=True)
class Spans(_Labelled):
    """Cross entropy of an answer's first token among all, and of its last."""

    def logits(self, output: Any) -> Tensor:
        """Return (batch, 2, seq), of the first token and of the last."""
        return torch.stack([output.start_logits, output.end_logits], 1)

    def count(self, batches: Sequence[Batch]) -> Sequence[int]:
        """Count the windows; each has an answer, if only [CLS]."""
        return [sum(len(batch["start_positions"]) for batch in batches)]

    def share(self, logits: Tensor, batch: Batch, counts: Sequence[int]) -> Tensor:
        """Return the mean of both sums, over how many windows there are in all."""
        ends = (batch["start_positions"], batch["end_positions"])
        first, last = (
            F.cross_entropy(scores, labels, reduction="sum") / counts[0]
            for scores, labels in zip(logits.unbind(1), ends, strict=True)
        )
        return (first + last) / 2


def outputs(model: nn.Module, batch: Batch, attention: str) -> Any:
    """Call a model on a batch without its labels."""
    return model(**{name: batch[name] for name in INPUTS}, attention=attention)
