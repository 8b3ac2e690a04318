"""The losses of BERT's tasks in plain code, of parts that can each be got wrong.

The model is HuggingFace's, to see whether a mistake explains what a candidate computed, or
scratch_bert's, to see whether the judge finds it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from parity.suite.training_runs import IGNORED, Batch

ACCUMULATED = 3  # batches of a step, where there are several
_LABELS = ("labels", "start_positions", "end_positions")
Inputs = dict[str, Tensor]


def pooled(model: Any, inputs: Inputs) -> Tensor:
    """Return the pooler's output, (batch, hidden)."""
    return model.bert(**inputs).pooler_output


def each_token(model: Any, inputs: Inputs) -> Tensor:
    """Return the last layer's, (batch, seq, hidden)."""
    return model.bert(**inputs).last_hidden_state


def dropped(model: Any, states: Tensor) -> Tensor:
    """Drop what the classifier is given, at its own rate."""
    return model.dropout(states)


def classified(model: Any, states: Tensor, _: Batch) -> Tensor:
    """Return the classifier's logits."""
    return model.classifier(states)


def _as_choices(model: Any, states: Tensor, batch: Batch) -> Tensor:
    return model.classifier(states).view(-1, batch["input_ids"].shape[1])


def _as_ends(model: Any, states: Tensor, _: Batch) -> Tensor:
    return model.qa_outputs(states).movedim(-1, 0)


def labels_of(batch: Batch) -> int:
    """Count labels."""
    return batch["labels"].numel()


def not_ignored(batch: Batch) -> int:
    """Count labels that are not -100."""
    return int((batch["labels"] != IGNORED).sum())


def windows_of(batch: Batch) -> int:
    """Count windows."""
    return len(batch["start_positions"])


def lost_on_classes(logits: Tensor, batch: Batch) -> Tensor:
    """Sum the cross entropy; logits are (…, labels)."""
    return F.cross_entropy(logits.flatten(0, -2), batch["labels"].flatten(), reduction="sum")


def _lost_on_several(logits: Tensor, batch: Batch) -> Tensor:
    return F.binary_cross_entropy_with_logits(logits, batch["labels"], reduction="sum")


def _lost_on_numbers(logits: Tensor, batch: Batch) -> Tensor:
    return F.mse_loss(logits.view_as(batch["labels"]), batch["labels"], reduction="sum")


def lost_on_ends(logits: Tensor, batch: Batch) -> Tensor:
    """Average both sums; what is no token of the window is left out of sum and count.

    logits are (2, batch, seq).
    """
    rows, seq = len(logits[0]), logits.shape[-1]
    lost = torch.zeros((), dtype=logits.dtype)
    for scores, name in zip(logits, ("start_positions", "end_positions"), strict=True):
        labels = batch[name].clamp(0, seq)
        mean = F.cross_entropy(scores, labels, ignore_index=seq)
        lost = lost + mean * rows / 2
    return lost


@dataclass(frozen=True)
class Task:
    """A task, and how its loss is computed, by default as is right.

    Attributes:
        architecture: HF's class.
        configs: what a configuration says of the task; some, to be tried in turn.
        states: what the head is given, of the model and what BERT is given.
        drops: drops some of it in training.
        logits: of model, states and batch.
        count: what a batch's loss is divided by.
        lost: what is lost, in sum, of logits and batch.
    """

    architecture: str
    configs: tuple[dict[str, Any], ...] = ({},)
    states: Callable[[Any, Inputs], Tensor] = pooled
    drops: Callable[[Any, Tensor], Tensor] = dropped
    logits: Callable[[Any, Tensor, Batch], Tensor] = classified
    count: Callable[[Batch], int] = labels_of
    lost: Callable[[Tensor, Batch], Tensor] = lost_on_classes

    def loss(self, model: nn.Module, batch: Batch) -> Tensor:
        """Return a batch's loss."""
        inputs = {n: each.flatten(0, -2) for n, each in batch.items() if n not in _LABELS}
        states = self.drops(model, self.states(model, inputs))
        lost = self.lost(self.logits(model, states, batch), batch)
        return lost / max(1, self.count(batch))


def _labelled(number: int, problem: str) -> dict[str, Any]:
    return {"num_labels": number, "problem_type": problem}


_TEXT = "BertForSequenceClassification"
TASKS = {
    "classify": Task(_TEXT, (_labelled(3, "single_label_classification"),)),
    "multi-label": Task(
        _TEXT, (_labelled(4, "multi_label_classification"),), lost=_lost_on_several
    ),
    "regress": Task(
        _TEXT, (_labelled(1, "regression"), _labelled(3, "regression")), lost=_lost_on_numbers
    ),
    "tag": Task(
        "BertForTokenClassification", ({"num_labels": 5},), states=each_token, count=not_ignored
    ),
    "answer": Task(
        "BertForQuestionAnswering",
        states=each_token,
        drops=lambda _, states: states,
        logits=_as_ends,
        count=windows_of,
        lost=lost_on_ends,
    ),
    "choose": Task("BertForMultipleChoice", logits=_as_choices),
}
