"""Mistakes of the dropout of a head."""

from typing import Any

import torch.nn.functional as F
from torch import Tensor

from parity.core.mistake import Mistake
from parity.finetuning.right import dropped
from parity.suite.mistake import instead

_HEAD = "nn.Dropout(classifier_dropout, or hidden_dropout_prob where it is None), but not to answer"
_DRAWS = "the gradient of a head's matrix, over many draws"


def _drops_as_inside(model: Any, states: Tensor) -> Tensor:
    return F.dropout(states, model.config.hidden_dropout_prob, model.training)


def _drops_answers(model: Any, states: Tensor) -> Tensor:
    drops = _drops_as_inside if hasattr(model, "qa_outputs") else dropped
    return drops(model, states)


def _drops_twice(model: Any, states: Tensor) -> Tensor:
    return model.dropout(model.dropout(states)) if hasattr(model, "dropout") else states


HEAD_DROPOUT: tuple[Mistake, ...] = (
    instead(
        "dropout",
        "head-dropout-missing",
        "nothing is dropped before the classifier",
        _HEAD,
        detected_by=_DRAWS,
        drops=lambda _, states: states,
    ),
    instead(
        "dropout",
        "head-dropout-as-inside",
        "the classifier's dropout is hidden_dropout_prob, whatever classifier_dropout is",
        _HEAD,
        detected_by=_DRAWS,
        drops=lambda model, states: (
            _drops_as_inside(model, states) if hasattr(model, "dropout") else states
        ),
    ),
    instead(
        "dropout",
        "head-dropout-twice",
        "there are two dropouts before the classifier",
        _HEAD,
        detected_by=_DRAWS,
        drops=_drops_twice,
    ),
    instead(
        "dropout",
        "head-dropout-of-answers",
        "tokens are dropped before the scores of an answer's ends",
        _HEAD,
        detected_by=_DRAWS,
        drops=_drops_answers,
    ),
)
