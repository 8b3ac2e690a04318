"""Whole fine-tunings, and what a head drops in training, as they go wrong."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import accumulate
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from parity.core.mistake import Mistake
from parity.finetuning.right import TASKS, dropped
from parity.pretraining.mistakes import orders, steps
from parity.pretraining.mistakes.orders import epoch_steps
from parity.pretraining.right import Recipe, Settings, hf_rate, train
from parity.suite.mistake import instead
from parity.suite.training_runs import Batch

ACCUMULATED = 3  # batches of a step, where there are several
_DEALT = ("accumulation", "order", "drops_last", "drops_rest", "carries_rest")


def run(
    model: nn.Module, task: str, rows: Batch, settings: Settings, parts: Mapping[str, Any]
) -> Iterator[int]:
    """Fine-tune for whole epochs, in plain code; yields after each step.

    Args:
        model: is trained where it is.
        task: of `TASKS`.
        rows: the examples.
        settings: as a candidate gets them.
        parts: of `Recipe` and `epoch_steps`, that are done otherwise.
    """
    names = ("epochs", "batch_size", "seed", "accumulation")
    given = {name: settings[name] for name in names}
    dealt = epoch_steps(rows, **given | {n: part for n, part in parts.items() if n in _DEALT})
    recipe = Recipe(loss=TASKS[task].loss, **{n: p for n, p in parts.items() if n not in _DEALT})
    ends = [*accumulate(map(len, dealt))]
    yield from train(model, dealt, {**settings, "steps": len(dealt), "ends": ends}, recipe)


def _of_each_batch(step: int, settings: Settings) -> float:
    return hf_rate(settings["ends"][step] - 1, settings)


def _of_each_epoch(step: int, settings: Settings) -> float:
    return hf_rate(step * settings["epochs"] // settings["steps"], settings)


def _is_head(name: str) -> bool:
    return not name.startswith("bert.")


def _drops_as_inside(model: Any, states: Tensor) -> Tensor:
    return F.dropout(states, model.config.hidden_dropout_prob, model.training)


def _drops_answers(model: Any, states: Tensor) -> Tensor:
    drops = _drops_as_inside if hasattr(model, "qa_outputs") else dropped
    return drops(model, states)


def _drops_twice(model: Any, states: Tensor) -> Tensor:
    return model.dropout(model.dropout(states)) if hasattr(model, "dropout") else states


_EPOCHS = "two epochs beside HuggingFace's Trainer"
_OF_SEVERAL = f"two epochs of steps of {ACCUMULATED} batches, beside HuggingFace's Trainer"
_ALL = "all parameters learn, at one rate"
_STEP = "divide each batch's sum by the number of the whole step's labels"
_REST = "an epoch's last batches are a step, however few they are"
_HEAD = "nn.Dropout(classifier_dropout, or hidden_dropout_prob where it is None), but not to answer"
_DRAWS = "the gradient of a head's matrix, over many draws"

_WEIGHED = ("steps-mean-of-means", "steps-sum-of-means")
_LEFT_OUT = ("steps-decay-of-matrices",)


def _finetuning(known: Mistake, check: str, detected_by: str) -> Mistake:
    """A mistake of pretraining's steps or order, that is as easily made here."""
    begin = {"run": "finetune", "accumulate": "accumulate"}[check]
    name = f"{begin}-{known.id.partition('-')[2]}"
    return replace(known, id=name, stages=(check,), detected_by=detected_by)


RUN: tuple[Mistake, ...] = (
    *(
        _finetuning(each, "run", _EPOCHS)
        for each in (*steps.STEPS, *orders.MISTAKES)
        if each.id not in (*_WEIGHED, *_LEFT_OUT)
    ),
    instead(
        "run",
        "finetune-rate-of-epoch",
        "the learning rate changes from epoch to epoch only",
        "the scheduler is stepped after each optimiser step",
        detected_by=_EPOCHS,
        rate=_of_each_epoch,
    ),
    instead(
        "run",
        "finetune-constant-rate",
        "the learning rate is always the same",
        "get_linear_schedule_with_warmup, as the Trainer's lr_scheduler_type",
        detected_by=_EPOCHS,
        rate=lambda _step, _: 1.0,
    ),
    instead(
        "run",
        "finetune-head-only",
        "the head alone learns",
        _ALL,
        detected_by=_EPOCHS,
        seen="requires_grad = False for model.bert",
        learns=lambda name: float(_is_head(name)),
    ),
    instead(
        "run",
        "finetune-embeddings-frozen",
        "the embeddings do not learn",
        _ALL,
        detected_by=_EPOCHS,
        learns=lambda name: float(".embeddings." not in name),
    ),
    instead(
        "run",
        "finetune-fast-head",
        "the head's learning rate is ten times as high",
        _ALL,
        detected_by=_EPOCHS,
        learns=lambda name: 10.0 if _is_head(name) else 1.0,
    ),
)

DROPOUT = instead(
    "run",
    "finetune-dropout-left-off",
    "nothing is dropped in training",
    "model.train() before the first step, and after each evaluation; from_pretrained returns a "
    "model in evaluation mode",
    detected_by="two epochs with dropout, beside those without",
    dropout=False,
)

ACCUMULATE: tuple[Mistake, ...] = (
    *(_finetuning(each, "accumulate", _OF_SEVERAL) for each in steps.STEPS if each.id in _WEIGHED),
    instead(
        "accumulate",
        "accumulate-divided-by-all",
        "a batch's mean is divided by the number of batches that a step should have",
        _STEP,
        detected_by=_OF_SEVERAL,
        seen="loss / gradient_accumulation_steps, where an epoch's last step has fewer",
        weigh=lambda own, _step, _: own * ACCUMULATED,
    ),
    instead(
        "accumulate",
        "accumulate-rate-of-batch",
        "the learning rate changes from batch to batch",
        "the scheduler is stepped after each optimiser step",
        detected_by=_OF_SEVERAL,
        rate=_of_each_batch,
    ),
    instead(
        "accumulate",
        "accumulate-rest-dropped",
        "batches that are too few for a step are left out at an epoch's end",
        _REST,
        detected_by=_OF_SEVERAL,
        drops_rest=True,
    ),
    instead(
        "accumulate",
        "accumulate-rest-carried",
        "batches that are too few for a step make one with the next epoch's",
        _REST,
        detected_by=_OF_SEVERAL,
        seen="if number % gradient_accumulation_steps == 0",
        carries_rest=True,
    ),
    instead(
        "accumulate",
        "accumulate-not",
        "a step is of one batch",
        "optimizer.step() after so many batches",
        detected_by=_OF_SEVERAL,
        accumulation=1,
    ),
)

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
