"""Mistakes of the vector that a text's head is given: it should be the pooler's output."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import torch
from torch import Tensor

from parity.suite.mistake import KnownMistakes
from scratch_bert.model.bert import BertModel
from scratch_bert.model.outputs import BertModelOutput

_POOLER = "the head takes pooler_output: tanh(dense(last_hidden_state[:, 0]))"

Forward = Callable[..., BertModelOutput]
Pool = Callable[[BertModel, Tensor, Tensor], Tensor]  # of hidden states and their mask


def without_pooler(_: BertModel, states: Tensor, _mask: Tensor) -> Tensor:
    """The head is given the vector of [CLS], without the pooler."""
    return states[:, 0]


def without_tanh(bert: Any, states: Tensor, _mask: Tensor) -> Tensor:
    """The pooler has no tanh."""
    return bert.pooler.dense(states[:, 0])


def mean(_: BertModel, states: Tensor, mask: Tensor) -> Tensor:
    """The head is given the mean of the tokens' vectors."""
    return (states * mask.unsqueeze(-1)).sum(1) / mask.sum(1, keepdim=True)


def mean_with_padding(_: BertModel, states: Tensor, _mask: Tensor) -> Tensor:
    """The head is given the mean of all vectors, including padding."""
    return states.mean(1)


def last_token(bert: Any, states: Tensor, mask: Tensor) -> Tensor:
    """The pooler takes the last token in place of [CLS]."""
    return bert.pooler(states[torch.arange(len(states)), mask.sum(1) - 1].unsqueeze(1))


def _pooled_by(pool: Pool) -> Callable[..., BertModelOutput]:
    @wraps(pool)
    def pooled(right: Forward, bert: BertModel, *args: Any, **inputs: Any) -> BertModelOutput:
        output = right(bert, *args, **inputs)
        output.pooler_output = pool(bert, output.last_hidden_state, inputs["attention_mask"])
        return output

    return pooled


def loss_with_poolings(task: str) -> KnownMistakes:
    """Begin the known mistakes of the loss of a task with those of what its head is given."""
    known = KnownMistakes(task, "loss and gradients of batches of one to four rows")
    for name, pool, seen in (
        ("without-pooler", without_pooler, ""),
        ("without-tanh", without_tanh, ""),
        ("mean", mean, ""),
        ("mean-with-padding", mean_with_padding, "last_hidden_state.mean(1)"),
        ("last-token", last_token, "the habit of GPT"),
    ):
        known(f"{task}-{name}", BertModel.forward, _POOLER, seen=seen)(_pooled_by(pool))
    return known
