"""Mistakes of whole fine-tunings."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from parity.core.mistake import Mistake
from parity.pretraining.mistakes import orders, steps
from parity.suite.mistake import KnownMistakes
from parity.suite.training_runs import ACCUMULATED, Batch
from scratch_bert.training.loop import Done, Training
from scratch_bert.training.optimizer import parameter_groups
from scratch_bert.training.schedule import huggingface_schedule
from scratch_bert.training.shuffle import epoch_order, epoch_steps, steps_of_epoch
from scratch_bert.training.step import Objective, divisors


def _is_head(name: str) -> bool:
    return not name.startswith("bert.")


_EPOCHS = "two epochs beside HuggingFace's Trainer"
_OF_SEVERAL = f"two epochs of steps of {ACCUMULATED} batches, beside HuggingFace's Trainer"
_ALL = "all parameters learn, at one rate"
_STEP = "divide each batch's sum by the number of the whole step's labels"
_RATE = "the scheduler is stepped after each optimizer step"
_REST = "an epoch's last batches are a step, however few they are"

_WEIGHED = ("steps-mean-of-means", "steps-sum-of-means")
_LEFT_OUT = ("steps-decay-of-matrices",)


def _finetuning(known: Mistake, check: str, detected_by: str) -> Mistake:
    """A mistake of pretraining's steps or order, that is as easily made here."""
    begin = {"run": "finetune", "accumulate": "accumulate"}[check]
    name = f"{begin}-{known.id.partition('-')[2]}"
    return replace(known, id=name, stages=(check,), detected_by=detected_by)


Take = Callable[..., Done]
Groups = Callable[..., list[dict[str, Any]]]
Steps = Callable[..., Sequence[Tensor]]

RUN = KnownMistakes("run", _EPOCHS)
RUN += [
    _finetuning(each, "run", _EPOCHS)
    for each in (*steps.STEPS, *orders.MISTAKES)
    if each.id not in (*_WEIGHED, *_LEFT_OUT)
]


@RUN("finetune-rate-of-epoch", Training.take_step, _RATE)
def rate_changes_with_the_epoch(
    right: Take, training: Training, examples: Any, numbers: Any, epoch: int
) -> Done:
    """The learning rate changes from epoch to epoch only."""
    return _at(epoch, right, training, examples, numbers, epoch)


def _at(step: int, right: Take, training: Training, *given: Any) -> Done:
    """Take a step with the learning rate of another one."""
    taken, training.step = training.step, step
    done = right(training, *given)
    training.step = taken + 1
    return done


@RUN(
    "finetune-constant-rate",
    huggingface_schedule,
    "get_linear_schedule_with_warmup, as the Trainer's lr_scheduler_type",
)
def rate_is_constant(_: Callable[..., float], *_given: int) -> float:
    """The learning rate is always the same."""
    return 1.0


@RUN("finetune-head-only", parameter_groups, _ALL, seen="requires_grad = False for model.bert")
def head_alone_learns(right: Groups, model: nn.Module, *given: Any) -> list[dict[str, Any]]:
    """The head alone learns."""
    return _learning(_is_head, right, model, *given)


@RUN("finetune-embeddings-frozen", parameter_groups, _ALL)
def embeddings_are_frozen(right: Groups, model: nn.Module, *given: Any) -> list[dict[str, Any]]:
    """The embeddings do not learn."""
    return _learning(lambda name: ".embeddings." not in name, right, model, *given)


def _learning(
    learns: Callable[[str], bool], right: Groups, model: nn.Module, *given: Any
) -> list[dict[str, Any]]:
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(learns(name))
    return right(model, *given)


@RUN("finetune-fast-head", parameter_groups, _ALL)
def head_learns_fast(right: Groups, model: nn.Module, *given: Any) -> list[dict[str, Any]]:
    """The head's learning rate is ten times as high."""
    head = {parameter for name, parameter in model.named_parameters() if _is_head(name)}
    groups = right(model, *given)
    fast = [
        {**group, "params": [p for p in group["params"] if p in head], "share": 10.0}
        for group in groups
    ]
    for group in groups:
        group["params"] = [p for p in group["params"] if p not in head]
    return [group for group in (*groups, *fast) if group["params"]]


DROPOUT = replace(
    steps.DROPOUT,
    id="finetune-dropout-left-off",
    stages=("run",),
    detected_by="two epochs with dropout, beside those without",
    fix="model.train() before the first step, and after each evaluation; from_pretrained returns a "
    "model in evaluation mode",
)


ACCUMULATE = KnownMistakes("accumulate", _OF_SEVERAL)
ACCUMULATE += [
    _finetuning(each, "accumulate", _OF_SEVERAL) for each in steps.STEPS if each.id in _WEIGHED
]


@ACCUMULATE(
    "accumulate-divided-by-all",
    divisors,
    _STEP,
    seen="loss / gradient_accumulation_steps, where an epoch's last step has fewer",
)
def means_are_divided_by_all(
    _: Any, objective: Objective, batches: Sequence[Batch]
) -> list[Sequence[int]]:
    """A batch's mean is divided by the number of batches that a step should have."""
    return [[number * ACCUMULATED for number in objective.count([batch])] for batch in batches]


_batches: dict[int, int] = {}  # of a training, those that it has seen


@ACCUMULATE("accumulate-rate-of-batch", Training.take_step, _RATE)
def rate_changes_with_the_batch(
    right: Take, training: Training, examples: Any, numbers: Any, epoch: int
) -> Done:
    """The learning rate changes from batch to batch."""
    before = _batches.get(id(training), 0) if training.step else 0
    _batches[id(training)] = before + len(numbers)
    return _at(before + len(numbers) - 1, right, training, examples, numbers, epoch)


def _whole_steps(_: Any, examples: int, batch_size: int, accumulation: int) -> int:
    return -(-examples // batch_size) // accumulation


@ACCUMULATE("accumulate-rest-dropped", epoch_steps, _REST, count=(steps_of_epoch, _whole_steps))
def rest_of_an_epoch_is_dropped(
    right: Steps, examples: int, batch_size: int, accumulation: int, *given: Any
) -> Sequence[Tensor]:
    """Batches that are too few for a step are left out at an epoch's end."""
    kept = _whole_steps(None, examples, batch_size, accumulation)
    return right(examples, batch_size, accumulation, *given)[:kept]


@ACCUMULATE(
    "accumulate-rest-carried",
    Training.__iter__,
    _REST,
    seen="if number % gradient_accumulation_steps == 0",
)
def rest_of_an_epoch_is_carried(_: Any, training: Training) -> Iterator[Done]:
    """Batches that are too few for a step make one with the next epoch's."""
    settings, ((_begin, examples),) = training.settings, training.phases
    size, together = settings.batch_size, settings.accumulation
    epochs = settings.steps // steps_of_epoch(len(examples), size, together)
    batches: list[list[int]] = []
    for epoch in range(epochs):
        torch.empty((), dtype=torch.int64).random_()
        order = epoch_order(len(examples), settings.seed, epoch)
        batches += [batch.tolist() for batch in torch.split(order, size)]
    for start in range(0, len(batches), together):
        yield training.take_step(examples, batches[start : start + together], epoch=0)


def _one_batch(right: Callable[..., int], examples: int, batch_size: int, _: int) -> int:
    return right(examples, batch_size, 1)


@ACCUMULATE(
    "accumulate-not",
    epoch_steps,
    "optimizer.step() after so many batches",
    count=(steps_of_epoch, _one_batch),
)
def step_is_of_one_batch(
    right: Steps, examples: int, batch_size: int, _: int, *given: Any
) -> Sequence[Tensor]:
    """A step is of one batch."""
    return right(examples, batch_size, 1, *given)
