"""Mistakes of the losses of text classification and multiple choice."""

from typing import Any

import torch.nn.functional as F
from torch import Tensor

from parity.core.mistake import Mistake
from parity.finetuning.mistakes.poolings import poolings
from parity.finetuning.right import lost_on_classes
from parity.suite.mistake import instead
from parity.suite.training_runs import Batch


def _once(_: Batch) -> int:
    return 1


def _softmax_twice(logits: Tensor, batch: Batch) -> Tensor:
    return lost_on_classes(logits.softmax(-1), batch)


def _log_softmax_twice(logits: Tensor, batch: Batch) -> Tensor:
    return lost_on_classes(logits.log_softmax(-1), batch)


def _classes_alone(logits: Tensor, batch: Batch) -> Tensor:
    return F.binary_cross_entropy_with_logits(
        logits, F.one_hot(batch["labels"], logits.shape[-1]).to(logits), reduction="sum"
    )


def _classes_alone_mean(logits: Tensor, batch: Batch) -> Tensor:
    return _classes_alone(logits, batch) / logits.shape[-1]


def _smoothed(logits: Tensor, batch: Batch) -> Tensor:
    labels = batch["labels"]
    return F.cross_entropy(logits, labels, reduction="sum", label_smoothing=0.1)


def _by_columns(model: Any, states: Tensor, batch: Batch) -> Tensor:
    return model.classifier(states).view(batch["input_ids"].shape[1], -1).t()


def _over_the_batch(logits: Tensor, batch: Batch) -> Tensor:
    return -logits.log_softmax(0).gather(1, batch["labels"].unsqueeze(1)).sum()


def _over_all(logits: Tensor, batch: Batch) -> Tensor:
    every = logits.flatten().log_softmax(0).view_as(logits)
    return -every.gather(1, batch["labels"].unsqueeze(1)).sum()


def _choices_alone(logits: Tensor, batch: Batch) -> Tensor:
    right = F.one_hot(batch["labels"], logits.shape[1]).to(logits)
    return F.binary_cross_entropy_with_logits(logits, right, reduction="sum") / logits.shape[1]


_BATCHES = "loss and gradients of batches of one to four rows"
_CLASSES = "torch's cross_entropy(logits, labels), which takes the softmax itself"
_CHOOSE = "classifier(pooled).view(-1, choices), and a softmax over the choices"


def _classify(name: str, description: str, fix: str = _CLASSES, **more: Any) -> Mistake:
    return instead("classify", f"classify-{name}", description, fix, detected_by=_BATCHES, **more)


def _choose(name: str, description: str, fix: str = _CHOOSE, **more: Any) -> Mistake:
    return instead("choose", f"choose-{name}", description, fix, detected_by=_BATCHES, **more)


MISTAKES: dict[str, tuple[Mistake, ...]] = {
    "classify": (
        *poolings("classify"),
        _classify(
            "softmax-twice",
            "probabilities are given to a loss that takes the softmax itself",
            seen="nn.Softmax in the model, nn.CrossEntropyLoss outside",
            lost=_softmax_twice,
        ),
        _classify(
            "log-softmax-twice",
            "logarithms of probabilities are given to a loss that takes them itself",
            "",
            equivalent="log_softmax of log_softmax is itself",
            lost=_log_softmax_twice,
        ),
        _classify(
            "sigmoid",
            "each class is judged alone, as several labels are",
            seen="problem_type left at multi_label_classification, with labels made one-hot",
            lost=_classes_alone_mean,
        ),
        _classify(
            "sigmoid-summed",
            "each class is judged alone, and the classes' losses are summed",
            lost=_classes_alone,
        ),
        _classify(
            "smoothed",
            "labels are smoothed by 0.1",
            "label_smoothing=0.0",
            lost=_smoothed,
        ),
        _classify(
            "summed",
            "the loss is summed over the texts",
            "the mean",
            count=_once,
        ),
    ),
    "choose": (
        *poolings("choose"),
        _choose(
            "by-columns",
            "scores are put together as (choices, batch), and turned",
            logits=_by_columns,
        ),
        _choose(
            "over-the-batch",
            "the softmax is over the batch, not over the choices",
            lost=_over_the_batch,
        ),
        _choose("over-all", "the softmax is over all choices of the batch", lost=_over_all),
        _choose(
            "sigmoid",
            "each choice is judged alone",
            lost=_choices_alone,
        ),
        _choose("summed", "the loss is summed over the questions", count=_once),
    ),
}
