"""What a text's head is given in place of the pooler's output."""

from typing import Any

import torch
from torch import Tensor

from parity.core.mistake import Mistake
from parity.finetuning.right import Inputs
from parity.suite.mistake import instead


def _first(model: Any, inputs: Inputs) -> Tensor:
    return model.bert(**inputs).last_hidden_state[:, 0]


def _dense(model: Any, inputs: Inputs) -> Tensor:
    return model.bert.pooler.dense(_first(model, inputs))


def _mean(model: Any, inputs: Inputs) -> Tensor:
    mask = inputs["attention_mask"].unsqueeze(-1)
    return (model.bert(**inputs).last_hidden_state * mask).sum(1) / mask.sum(1)


def _mean_with_padding(model: Any, inputs: Inputs) -> Tensor:
    return model.bert(**inputs).last_hidden_state.mean(1)


def _last(model: Any, inputs: Inputs) -> Tensor:
    states = model.bert(**inputs).last_hidden_state
    last = inputs["attention_mask"].sum(1) - 1
    return torch.tanh(model.bert.pooler.dense(states[torch.arange(len(states)), last]))


_BATCHES = "loss and gradients of batches of one to four rows"
_POOLER = "the head takes pooler_output: tanh(dense(last_hidden_state[:, 0]))"


def poolings(task: str) -> tuple[Mistake, ...]:
    """Return what a text's head is given in place of the pooler's output."""
    return tuple(
        instead(
            task, f"{task}-{name}", says, _POOLER, detected_by=_BATCHES, seen=seen, states=states
        )
        for name, says, seen, states in (
            ("without-pooler", "the head is given [CLS]'s vector, past the pooler", "", _first),
            ("without-tanh", "the pooler has no tanh", "", _dense),
            ("mean", "the head is given the mean of the tokens' vectors", "", _mean),
            (
                "mean-with-padding",
                "the head is given the mean of all vectors, the padding's, too",
                "last_hidden_state.mean(1)",
                _mean_with_padding,
            ),
            (
                "last-token",
                "the pooler takes the last token in place of [CLS]",
                "the habit of GPT",
                _last,
            ),
        )
    )
