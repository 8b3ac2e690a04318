"""Mistakes of the vector that a text's head is given: it should be the pooler's output."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from parity.suite.mistake import KnownMistakes
from scratch_bert.model.bert import BertModel
from scratch_bert.model.outputs import BertModelOutput

_POOLER = "the head takes pooler_output: tanh(dense(last_hidden_state[:, 0]))"

Forward = Callable[..., BertModelOutput]
Pool = Callable[[BertModel, Tensor, Tensor], Tensor]  # of hidden states and their mask


def _first(_: BertModel, states: Tensor, _mask: Tensor) -> Tensor:
    return states[:, 0]


def _dense(bert: Any, states: Tensor, _mask: Tensor) -> Tensor:
    return bert.pooler.dense(states[:, 0])


def _mean(_: BertModel, states: Tensor, mask: Tensor) -> Tensor:
    return (states * mask.unsqueeze(-1)).sum(1) / mask.sum(1, keepdim=True)


def _mean_with_padding(_: BertModel, states: Tensor, _mask: Tensor) -> Tensor:
    return states.mean(1)


def _last(bert: Any, states: Tensor, mask: Tensor) -> Tensor:
    return bert.pooler(states[torch.arange(len(states)), mask.sum(1) - 1].unsqueeze(1))


def _pooled_by(pool: Pool) -> Callable[..., BertModelOutput]:
    def pooled(right: Forward, bert: BertModel, *args: Any, **inputs: Any) -> BertModelOutput:
        output = right(bert, *args, **inputs)
        output.pooler_output = pool(bert, output.last_hidden_state, inputs["attention_mask"])
        return output

    return pooled


_KNOWN: tuple[tuple[str, str, str, Pool], ...] = (
    ("without-pooler", "the head is given the vector of [CLS], without the pooler", "", _first),
    ("without-tanh", "the pooler has no tanh", "", _dense),
    ("mean", "the head is given the mean of the tokens' vectors", "", _mean),
    (
        "mean-with-padding",
        "the head is given the mean of all vectors, including padding",
        "last_hidden_state.mean(1)",
        _mean_with_padding,
    ),
    ("last-token", "the pooler takes the last token in place of [CLS]", "the habit of GPT", _last),
)


def loss_with_poolings(task: str) -> KnownMistakes:
    """Begin the known mistakes of the loss of a task with those of what its head is given."""
    known = KnownMistakes(task, "loss and gradients of batches of one to four rows")
    for name, description, seen, pool in _KNOWN:
        add = known(f"{task}-{name}", BertModel.forward, description, _POOLER, seen=seen)
        add(_pooled_by(pool))
    return known
