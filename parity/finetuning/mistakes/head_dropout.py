"""Mistakes of the dropout of a head."""

from collections.abc import Callable
from typing import Any

import torch.nn.functional as F
from torch import nn

from parity.suite.mistake import KnownMistakes
from scratch_bert.config import BertConfig
from scratch_bert.model.task_heads import BertForQuestionAnswering, BertWithClassifier

MISTAKES = KnownMistakes("dropout", "the gradient of a head's matrix, over many draws")

_HEAD = "nn.Dropout(classifier_dropout, or hidden_dropout_prob where it is None), but not to answer"

Construct = Callable[..., None]


@MISTAKES("head-dropout-missing", BertWithClassifier.__init__, _HEAD)
def nothing_is_dropped(right: Construct, head: Any, *given: Any, **named: Any) -> None:
    """Nothing is dropped before the classifier."""
    right(head, *given, **named)
    head.dropout = nn.Identity()


@MISTAKES("head-dropout-as-inside", BertWithClassifier.__init__, _HEAD)
def rate_is_that_of_the_layers(
    right: Construct, head: Any, config: BertConfig, *given: Any, **named: Any
) -> None:
    """The classifier's dropout is hidden_dropout_prob, whatever classifier_dropout is."""
    right(head, config, *given, **named)
    head.dropout.p = config.hidden_dropout_prob


@MISTAKES("head-dropout-twice", BertWithClassifier.__init__, _HEAD)
def dropout_is_applied_twice(right: Construct, head: Any, *given: Any, **named: Any) -> None:
    """There are two dropouts before the classifier."""
    right(head, *given, **named)
    head.dropout = nn.Sequential(head.dropout, head.dropout)


@MISTAKES("head-dropout-of-answers", BertForQuestionAnswering.__init__, _HEAD)
def answers_have_dropout(right: Construct, head: Any, config: BertConfig) -> None:
    """Tokens are dropped before the scores of an answer's ends."""
    right(head, config)

    def drop(linear: nn.Module, given: tuple[Any, ...]) -> Any:
        return F.dropout(given[0], config.hidden_dropout_prob, linear.training)

    head.qa_outputs.register_forward_pre_hook(drop)
