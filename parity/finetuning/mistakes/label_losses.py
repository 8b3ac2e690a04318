"""Mistakes of the losses of multi-label classification and regression."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from parity.core.mistake import Mistake
from parity.finetuning.mistakes.poolings import poolings
from parity.finetuning.right import lost_on_classes
from parity.suite.mistake import instead
from parity.suite.training_runs import Batch


def _once(_: Batch) -> int:
    return 1


def _rows(batch: Batch) -> int:
    return len(batch["labels"])


def _exclusive(logits: Tensor, batch: Batch) -> Tensor:
    return F.cross_entropy(logits, batch["labels"], reduction="sum")


def _highest(logits: Tensor, batch: Batch) -> Tensor:
    return F.cross_entropy(logits, batch["labels"].argmax(-1), reduction="sum")


def _sigmoid_twice(logits: Tensor, batch: Batch) -> Tensor:
    labels = batch["labels"]
    return F.binary_cross_entropy_with_logits(logits.sigmoid(), labels, reduction="sum")


def _squared_probabilities(logits: Tensor, batch: Batch) -> Tensor:
    return F.mse_loss(logits.sigmoid(), batch["labels"], reduction="sum")


def _broadcast(logits: Tensor, batch: Batch) -> Tensor:
    labels = batch["labels"]
    if logits.shape == labels.shape:
        return F.mse_loss(logits, labels, reduction="sum")
    return (logits - labels).square().mean() * labels.numel()  # (batch, 1) - (batch)


def _absolute(logits: Tensor, batch: Batch) -> Tensor:
    return F.l1_loss(logits.view_as(batch["labels"]), batch["labels"], reduction="sum")


def _halved(logits: Tensor, batch: Batch) -> Tensor:
    return F.mse_loss(logits.view_as(batch["labels"]), batch["labels"], reduction="sum") / 2


def _squashed(logits: Tensor, batch: Batch) -> Tensor:
    squashed = logits.view_as(batch["labels"]).sigmoid()
    return F.mse_loss(squashed, batch["labels"], reduction="sum")


def _one_class(logits: Tensor, batch: Batch) -> Tensor:
    if logits.shape == batch["labels"].shape:
        return F.cross_entropy(logits, batch["labels"], reduction="sum")
    return lost_on_classes(logits, {"labels": torch.zeros(len(logits), dtype=torch.long)})


_BATCHES = "loss and gradients of batches of one to four rows"
_SEVERAL = "binary_cross_entropy_with_logits(logits, labels), the mean over all labels"
_NUMBERS = "mse_loss(logits.squeeze(), labels.squeeze()) of one number, else of what is there"


def _multi_label(name: str, description: str, fix: str = _SEVERAL, **more: Any) -> Mistake:
    return instead(
        "multi-label", f"multi-label-{name}", description, fix, detected_by=_BATCHES, **more
    )


def _regress(name: str, description: str, fix: str = _NUMBERS, **more: Any) -> Mistake:
    return instead("regress", f"regress-{name}", description, fix, detected_by=_BATCHES, **more)


MISTAKES: dict[str, tuple[Mistake, ...]] = {
    "multi-label": (
        *poolings("multi-label"),
        _multi_label(
            "softmax",
            "labels exclude each other: a softmax over them",
            seen="cross_entropy, which takes rows of 0 and 1 without a word",
            lost=_exclusive,
            count=_rows,
        ),
        _multi_label(
            "first",
            "only the first label that is there is learnt",
            seen="cross_entropy(logits, labels.argmax(-1))",
            lost=_highest,
            count=_rows,
        ),
        _multi_label(
            "sigmoid-twice",
            "probabilities are given to a loss that takes the sigmoid itself",
            seen="nn.Sigmoid in the model, nn.BCEWithLogitsLoss outside",
            lost=_sigmoid_twice,
        ),
        _multi_label(
            "squared",
            "the loss is the squared error of probabilities",
            lost=_squared_probabilities,
        ),
        _multi_label(
            "per-text",
            "the loss is summed over a text's labels",
            seen="BCEWithLogitsLoss(reduction='none').sum(1).mean()",
            count=_rows,
        ),
        _multi_label(
            "summed",
            "the loss is summed",
            count=_once,
        ),
    ),
    "regress": (
        *poolings("regress"),
        _regress(
            "broadcast",
            "every text's number is compared with every label: (batch, 1) beside (batch)",
            seen="MSELoss()(logits, labels), whose warning was not read",
            lost=_broadcast,
        ),
        _regress(
            "as-class",
            "a softmax over the outputs; over a single one there is nothing to learn",
            seen="num_labels=1 and CrossEntropyLoss: a loss of 0",
            lost=_one_class,
            count=_rows,
        ),
        _regress(
            "absolute",
            "the loss is the absolute error",
            lost=_absolute,
        ),
        _regress(
            "halved",
            "the squared error is halved",
            lost=_halved,
        ),
        _regress(
            "squashed",
            "a sigmoid is put on the number",
            lost=_squashed,
        ),
        _regress(
            "per-text",
            "the loss is summed over a text's numbers",
            count=_rows,
        ),
        _regress(
            "summed",
            "the loss is summed",
            count=_once,
        ),
    ),
}
