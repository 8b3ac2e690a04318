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
_SUMMED = "the loss is summed"

Loss = Callable[[Any, Tensor, Tensor], Tensor]  # of the head, logits and labels
CrossEntropy = Callable[[Tensor, Tensor], Tensor]  # of logits and labels
_classify = CLASSIFY.breaking(_LOSS, _CLASSES)
_multi_label = MULTI_LABEL.breaking(_LOSS, _SEVERAL)
_regress = REGRESS.breaking(_LOSS, _NUMBERS)
_choose = CHOOSE.breaking(cross_entropy, _CHOICES)


@_classify(
    "classify-softmax-twice",
    "probabilities are given to a loss that takes the softmax itself",
    seen="nn.Softmax in the model, nn.CrossEntropyLoss outside",
)
def softmax_is_taken_twice(right: Loss, head: Any, logits: Tensor, labels: Tensor) -> Tensor:
    return right(head, logits.softmax(-1), labels)


@_classify(
    "classify-log-softmax-twice",
    "log probabilities are given to a loss that takes the softmax itself",
    fix="",
    equivalent="log_softmax of log_softmax is itself",
)
def log_softmax_is_taken_twice(right: Loss, head: Any, logits: Tensor, labels: Tensor) -> Tensor:
    return right(head, logits.log_softmax(-1), labels)


def _each_alone(logits: Tensor, labels: Tensor) -> Tensor:
    """A sigmoid for each class; the mean over texts and classes."""
    right = F.one_hot(labels, logits.shape[-1]).to(logits)
    return F.binary_cross_entropy_with_logits(logits, right)


@_classify(
    "classify-sigmoid",
    "each class has a sigmoid of its own, as in multi-label classification",
    seen="problem_type left at multi_label_classification, with labels made one-hot",
)
def each_class_is_alone(_: Loss, _head: Any, logits: Tensor, labels: Tensor) -> Tensor:
    return _each_alone(logits, labels)


@_classify(
    "classify-sigmoid-summed",
    "each class has a sigmoid of its own, and the losses of the classes are summed",
)
def each_class_is_alone_and_summed(_: Loss, _head: Any, logits: Tensor, labels: Tensor) -> Tensor:
    return _each_alone(logits, labels) * logits.shape[-1]


@_classify("classify-smoothed", "labels are smoothed by 0.1", fix="label_smoothing=0.0")
def labels_are_smoothed(_: Loss, _head: Any, logits: Tensor, labels: Tensor) -> Tensor:
    return F.cross_entropy(logits, labels, label_smoothing=0.1)


def loss_is_summed(right: Loss, head: Any, logits: Tensor, labels: Tensor) -> Tensor:
    return right(head, logits, labels) * labels.numel()


_classify("classify-summed", f"{_SUMMED} over the texts", fix="the mean")(loss_is_summed)


@_multi_label(
    "multi-label-softmax",
    "labels exclude each other: a softmax over them",
    seen="cross_entropy, which takes rows of 0 and 1 without a word",
)
def labels_exclude_each_other(_: Loss, _head: Any, logits: Tensor, labels: Tensor) -> Tensor:
    return F.cross_entropy(logits, labels)


@_multi_label(
    "multi-label-first",
    "only the first label of a text is trained",
    seen="cross_entropy(logits, labels.argmax(-1))",
)
def only_the_first_label_counts(_: Loss, _head: Any, logits: Tensor, labels: Tensor) -> Tensor:
    return F.cross_entropy(logits, labels.argmax(-1))


@_multi_label(
    "multi-label-sigmoid-twice",
    "probabilities are given to a loss that takes the sigmoid itself",
    seen="nn.Sigmoid in the model, nn.BCEWithLogitsLoss outside",
)
def sigmoid_is_taken_twice(right: Loss, head: Any, logits: Tensor, labels: Tensor) -> Tensor:
    return right(head, logits.sigmoid(), labels)


def _squared_sigmoids(_: Loss, _head: Any, logits: Tensor, labels: Tensor) -> Tensor:
    return F.mse_loss(logits.view_as(labels).sigmoid(), labels)


def loss_is_summed_in_a_text(right: Loss, head: Any, logits: Tensor, labels: Tensor) -> Tensor:
    return right(head, logits, labels) * labels[0].numel()


_squared = "the loss is the squared error of probabilities"
_multi_label("multi-label-squared", _squared)(_squared_sigmoids)
_multi_label(
    "multi-label-per-text",
    "the loss is summed over a text's labels",
    seen="BCEWithLogitsLoss(reduction='none').sum(1).mean()",
)(loss_is_summed_in_a_text)
_multi_label("multi-label-summed", _SUMMED)(loss_is_summed)


@_regress(
    "regress-broadcast",
    "every text's number is compared with every label: (batch, 1) beside (batch)",
    seen="MSELoss()(logits, labels), whose warning was not read",
)
def numbers_are_broadcast(_: Loss, _head: Any, logits: Tensor, labels: Tensor) -> Tensor:
    return (logits - labels).square().mean()


@_regress(
    "regress-as-class",
    "a softmax over the outputs; over a single one there is nothing to learn",
    seen="num_labels=1 and CrossEntropyLoss: a loss of 0",
)
def numbers_are_classes(_: Loss, _head: Any, logits: Tensor, labels: Tensor) -> Tensor:
    several = logits.shape == labels.shape
    return F.cross_entropy(logits, labels if several else torch.zeros_like(labels).long())


@_regress("regress-absolute", "the loss is the absolute error")
def error_is_absolute(_: Loss, _head: Any, logits: Tensor, labels: Tensor) -> Tensor:
    return F.l1_loss(logits.view_as(labels), labels)


@_regress("regress-halved", "the squared error is halved")
def error_is_halved(right: Loss, head: Any, logits: Tensor, labels: Tensor) -> Tensor:
    return right(head, logits, labels) / 2


_regress("regress-squashed", "a sigmoid is put on the number")(_squared_sigmoids)
_per_text = "the loss is summed over a text's numbers"
_regress("regress-per-text", _per_text)(loss_is_summed_in_a_text)
_regress("regress-summed", _SUMMED)(loss_is_summed)


@_choose("choose-by-columns", "scores are read as (choices, batch), and transposed")
def scores_are_read_by_columns(right: CrossEntropy, logits: Tensor, labels: Tensor) -> Tensor:
    return right(logits.view(logits.shape[1], -1).t(), labels)


@_choose("choose-over-the-batch", "the softmax is over the batch, not over the choices")
def softmax_is_over_the_batch(_: CrossEntropy, logits: Tensor, labels: Tensor) -> Tensor:
    return F.nll_loss(logits.log_softmax(0), labels)


@_choose("choose-over-all", "the softmax is over all choices of the batch")
def softmax_is_over_all_choices(_: CrossEntropy, logits: Tensor, labels: Tensor) -> Tensor:
    return F.nll_loss(logits.flatten().log_softmax(0).view_as(logits), labels)


@_choose("choose-sigmoid", "each choice has a sigmoid of its own")
def each_choice_is_alone(_: CrossEntropy, logits: Tensor, labels: Tensor) -> Tensor:
    return _each_alone(logits, labels)


@_choose("choose-summed", "the loss is summed over the questions")
def loss_of_choices_is_summed(right: CrossEntropy, logits: Tensor, labels: Tensor) -> Tensor:
    return right(logits, labels) * len(labels)
