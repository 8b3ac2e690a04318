"""Mistakes of the losses of text classification, regression and multiple choice."""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from parity.finetuning.mistakes.poolings import loss_with_poolings
from scratch_bert.model.heads import cross_entropy
from scratch_bert.model.task_heads import BertForSequenceClassification

CLASSIFY = loss_with_poolings("classify")
MULTI_LABEL = loss_with_poolings("multi-label")
REGRESS = loss_with_poolings("regress")
CHOOSE = loss_with_poolings("choose")

_LOSS = BertForSequenceClassification.loss
_CLASSES = "torch's cross_entropy(logits, labels), which takes the softmax itself"
_SEVERAL = "binary_cross_entropy_with_logits(logits, labels), the mean over all labels"
_NUMBERS = "mse_loss(logits.squeeze(), labels.squeeze()) of one number, else of what is there"
_CHOICES = "classifier(pooled).view(-1, choices), and a softmax over the choices"

Loss = Callable[[Any, Tensor, Tensor], Tensor]  # of the head, logits and labels
CrossEntropy = Callable[[Tensor, Tensor], Tensor]  # of logits and labels


@CLASSIFY(
    "classify-softmax-twice",
    _LOSS,
    _CLASSES,
    seen="nn.Softmax in the model, nn.CrossEntropyLoss outside",
)
def softmax_is_taken_twice(right: Loss, head: Any, logits: Tensor, labels: Tensor) -> Tensor:
    """Probabilities are given to a loss that takes the softmax itself."""
    return right(head, logits.softmax(-1), labels)


@CLASSIFY(
    "classify-log-softmax-twice", _LOSS, "", equivalent="log_softmax of log_softmax is itself"
)
def log_softmax_is_taken_twice(right: Loss, head: Any, logits: Tensor, labels: Tensor) -> Tensor:
    """Log probabilities are given to a loss that takes the softmax itself."""
    return right(head, logits.log_softmax(-1), labels)


def _each_alone(logits: Tensor, labels: Tensor) -> Tensor:
    """A sigmoid for each class; the mean over texts and classes."""
    right = F.one_hot(labels, logits.shape[-1]).to(logits)
    return F.binary_cross_entropy_with_logits(logits, right)


@CLASSIFY(
    "classify-sigmoid",
    _LOSS,
    _CLASSES,
    seen="problem_type left at multi_label_classification, with labels made one-hot",
)
def each_class_is_alone(_: Loss, _head: Any, logits: Tensor, labels: Tensor) -> Tensor:
    """Each class has a sigmoid of its own, as in multi-label classification."""
    return _each_alone(logits, labels)


@CLASSIFY("classify-sigmoid-summed", _LOSS, _CLASSES)
def each_class_is_alone_and_summed(_: Loss, _head: Any, logits: Tensor, labels: Tensor) -> Tensor:
    """Each class has a sigmoid of its own, and the losses of the classes are summed."""
    return _each_alone(logits, labels) * logits.shape[-1]


@CLASSIFY("classify-smoothed", _LOSS, "label_smoothing=0.0")
def labels_are_smoothed(_: Loss, _head: Any, logits: Tensor, labels: Tensor) -> Tensor:
    """Labels are smoothed by 0.1."""
    return F.cross_entropy(logits, labels, label_smoothing=0.1)


@CLASSIFY("classify-summed", _LOSS, "the mean")
def loss_is_summed_over_texts(right: Loss, head: Any, logits: Tensor, labels: Tensor) -> Tensor:
    """The loss is summed over the texts."""
    return right(head, logits, labels) * len(labels)


@MULTI_LABEL(
    "multi-label-softmax",
    _LOSS,
    _SEVERAL,
    seen="cross_entropy, which takes rows of 0 and 1 without a word",
)
def labels_exclude_each_other(_: Loss, _head: Any, logits: Tensor, labels: Tensor) -> Tensor:
    """Labels exclude each other: a softmax over them."""
    return F.cross_entropy(logits, labels)


@MULTI_LABEL("multi-label-first", _LOSS, _SEVERAL, seen="cross_entropy(logits, labels.argmax(-1))")
def only_the_first_label_counts(_: Loss, _head: Any, logits: Tensor, labels: Tensor) -> Tensor:
    """Only the first label of a text is trained."""
    return F.cross_entropy(logits, labels.argmax(-1))


@MULTI_LABEL(
    "multi-label-sigmoid-twice",
    _LOSS,
    _SEVERAL,
    seen="nn.Sigmoid in the model, nn.BCEWithLogitsLoss outside",
)
def sigmoid_is_taken_twice(right: Loss, head: Any, logits: Tensor, labels: Tensor) -> Tensor:
    """Probabilities are given to a loss that takes the sigmoid itself."""
    return right(head, logits.sigmoid(), labels)


@MULTI_LABEL("multi-label-squared", _LOSS, _SEVERAL)
def error_of_sigmoids(_: Loss, _head: Any, logits: Tensor, labels: Tensor) -> Tensor:
    """The loss is the squared error of probabilities."""
    return F.mse_loss(logits.view_as(labels).sigmoid(), labels)


@MULTI_LABEL(
    "multi-label-per-text",
    _LOSS,
    _SEVERAL,
    seen="BCEWithLogitsLoss(reduction='none').sum(1).mean()",
)
def loss_is_summed_in_a_text(right: Loss, head: Any, logits: Tensor, labels: Tensor) -> Tensor:
    """The loss is summed over a text's labels."""
    return right(head, logits, labels) * labels[0].numel()


@MULTI_LABEL("multi-label-summed", _LOSS, _SEVERAL)
def loss_is_summed(right: Loss, head: Any, logits: Tensor, labels: Tensor) -> Tensor:
    """The loss is summed."""
    return right(head, logits, labels) * labels.numel()


@REGRESS(
    "regress-broadcast",
    _LOSS,
    _NUMBERS,
    seen="MSELoss()(logits, labels), whose warning was not read",
)
def numbers_are_broadcast(_: Loss, _head: Any, logits: Tensor, labels: Tensor) -> Tensor:
    """Every text's number is compared with every label: (batch, 1) beside (batch)."""
    return (logits - labels).square().mean()


@REGRESS("regress-as-class", _LOSS, _NUMBERS, seen="num_labels=1 and CrossEntropyLoss: a loss of 0")
def numbers_are_classes(_: Loss, _head: Any, logits: Tensor, labels: Tensor) -> Tensor:
    """A softmax over the outputs; over a single one there is nothing to learn."""
    several = logits.shape == labels.shape
    return F.cross_entropy(logits, labels if several else torch.zeros_like(labels).long())


@REGRESS("regress-absolute", _LOSS, _NUMBERS)
def error_is_absolute(_: Loss, _head: Any, logits: Tensor, labels: Tensor) -> Tensor:
    """The loss is the absolute error."""
    return F.l1_loss(logits.view_as(labels), labels)


@REGRESS("regress-halved", _LOSS, _NUMBERS)
def error_is_halved(right: Loss, head: Any, logits: Tensor, labels: Tensor) -> Tensor:
    """The squared error is halved."""
    return right(head, logits, labels) / 2


@REGRESS("regress-squashed", _LOSS, _NUMBERS)
def number_is_squashed(_: Loss, _head: Any, logits: Tensor, labels: Tensor) -> Tensor:
    """A sigmoid is put on the number."""
    return F.mse_loss(logits.view_as(labels).sigmoid(), labels)


@REGRESS("regress-per-text", _LOSS, _NUMBERS)
def error_is_summed_in_a_text(right: Loss, head: Any, logits: Tensor, labels: Tensor) -> Tensor:
    """The loss is summed over a text's numbers."""
    return right(head, logits, labels) * labels[0].numel()


@REGRESS("regress-summed", _LOSS, _NUMBERS)
def error_is_summed(right: Loss, head: Any, logits: Tensor, labels: Tensor) -> Tensor:
    """The loss is summed."""
    return right(head, logits, labels) * labels.numel()


@CHOOSE("choose-by-columns", cross_entropy, _CHOICES)
def scores_are_read_by_columns(right: CrossEntropy, logits: Tensor, labels: Tensor) -> Tensor:
    """Scores are read as (choices, batch), and transposed."""
    return right(logits.view(logits.shape[1], -1).t(), labels)


@CHOOSE("choose-over-the-batch", cross_entropy, _CHOICES)
def softmax_is_over_the_batch(_: CrossEntropy, logits: Tensor, labels: Tensor) -> Tensor:
    """The softmax is over the batch, not over the choices."""
    return F.nll_loss(logits.log_softmax(0), labels)


@CHOOSE("choose-over-all", cross_entropy, _CHOICES)
def softmax_is_over_all_choices(_: CrossEntropy, logits: Tensor, labels: Tensor) -> Tensor:
    """The softmax is over all choices of the batch."""
    return F.nll_loss(logits.flatten().log_softmax(0).view_as(logits), labels)


@CHOOSE("choose-sigmoid", cross_entropy, _CHOICES)
def each_choice_is_alone(_: CrossEntropy, logits: Tensor, labels: Tensor) -> Tensor:
    """Each choice has a sigmoid of its own."""
    return _each_alone(logits, labels)


@CHOOSE("choose-summed", cross_entropy, _CHOICES)
def loss_of_choices_is_summed(right: CrossEntropy, logits: Tensor, labels: Tensor) -> Tensor:
    """The loss is summed over the questions."""
    return right(logits, labels) * len(labels)
