"""What a fine-tuning is judged on: small models whose weights show mistakes, and batches."""

from functools import cache
from typing import Any

import torch
from torch import Tensor, nn

from parity.pretraining import inputs as pretraining_inputs
from parity.pretraining.inputs import CONFIG, STILL, drawn
from parity.suite.training_runs import IGNORED, State

ARCHITECTURES = {
    "classify": "BertForSequenceClassification",
    "multi-label": "BertForSequenceClassification",
    "regress": "BertForSequenceClassification",
    "tag": "BertForTokenClassification",
    "answer": "BertForQuestionAnswering",
    "choose": "BertForMultipleChoice",
}
"""HuggingFace's class of each task."""

VARIANTS: dict[str, tuple[dict[str, Any], ...]] = {
    "classify": ({"num_labels": 3, "problem_type": "single_label_classification"},),
    "multi-label": ({"num_labels": 4, "problem_type": "multi_label_classification"},),
    "regress": tuple({"num_labels": each, "problem_type": "regression"} for each in (1, 3)),
    "tag": ({"num_labels": 5},),
    "answer": ({},),
    "choose": ({},),
}
"""What a configuration says of each task; a task is judged with all of them."""

_SEQ, _CHOICES = 12, 3
_TAGGED = 0.6  # of the tokens; the others are pieces that go on
OUTSIDE = 40  # a position in no window


def config_of(task: str, variant: int = 0, *, dropout: bool = False) -> dict[str, Any]:
    """Return a task's configuration, with dropout or without."""
    return {**(CONFIG if dropout else STILL), **VARIANTS[task][variant]}


def model(task: str, config: dict[str, Any], weights: State, dtype: str = "float64") -> nn.Module:
    """Build the reference's model of a task, in evaluation mode."""
    return pretraining_inputs.model(config, weights, dtype, ARCHITECTURES[task])


@cache
def weights(task: str, variant: int = 0) -> State:
    """Draw weights that show mistakes."""
    return drawn(config_of(task, variant), 0, ARCHITECTURES[task])


def batch(
    task: str, seed: int, rows: int = 4, variant: int = 0, *, outside: bool = True
) -> dict[str, Tensor]:
    """Draw a padded batch of both segments, with labels.

    Args:
        task: whose labels.
        seed: of the draws.
        rows: examples.
        variant: of the task's configuration.
        outside: whether some answers are in no window, for `answer`.
    """
    draw = torch.Generator().manual_seed(seed)
    texts = rows * _CHOICES if task == "choose" else rows
    made = pretraining_inputs.batch(seed, texts)
    inputs = {name: each for name, each in made.items() if "label" not in name}
    lengths = inputs["attention_mask"].sum(1, keepdim=True)
    number = config_of(task, variant).get("num_labels", 2)
    if task == "classify":
        return {**inputs, "labels": torch.randint(0, number, (rows,), generator=draw)}
    if task == "multi-label":
        there = torch.rand((rows, number), generator=draw) < 0.4
        return {**inputs, "labels": there.double()}
    if task == "regress":
        shape = (rows,) if number == 1 else (rows, number)
        return {**inputs, "labels": torch.randn(shape, generator=draw).double() * 2}
    if task == "tag":
        return {**inputs, "labels": _tags(lengths, number, draw)}
    if task == "choose":
        inputs = {name: each.view(rows, _CHOICES, -1) for name, each in inputs.items()}
        return {**inputs, "labels": torch.randint(0, _CHOICES, (rows,), generator=draw)}
    ends = (torch.rand((rows, 2), generator=draw) * lengths).long().sort(1).values
    if outside and rows > 1:  # HF has no number where none is inside
        ends[-1] = OUTSIDE
    return {**inputs, "start_positions": ends[:, 0], "end_positions": ends[:, 1]}


def _tags(lengths: Tensor, number: int, draw: torch.Generator) -> Tensor:
    """Draw tags of some tokens; of the last row only its first."""
    places = torch.arange(_SEQ).expand(len(lengths), -1)
    tagged = torch.rand(places.shape, generator=draw) < _TAGGED
    tagged[-1] = False
    tagged[:, 1] = True
    tagged &= (places > 0) & (places < lengths - 1)
    tags = torch.randint(0, number, places.shape, generator=draw)
    return tags.masked_fill(~tagged, IGNORED)
