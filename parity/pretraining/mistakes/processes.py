"""Mistakes of resuming, and of training in several processes."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from parity.suite.mistake import KnownMistakes
from parity.suite.training_runs import Batch
from scratch_bert.training.distributed import processes
from scratch_bert.training.distributed.step_share import StepShare
from scratch_bert.training.loop import Done, Training
from scratch_bert.training.run.checkpoints import resume
from scratch_bert.training.run.settings import Settings

RESUMED = KnownMistakes("resume", "a training that is stopped after seven steps, and goes on")

_KEEP = "keep model, optimizer, step and torch.get_rng_state(), and put all of them back"

Resume = Callable[[Training, Path], None]


@RESUMED("resume-without-model", resume, _KEEP)
def model_is_forgotten(right: Resume, training: Training, place: Path) -> None:
    """The weights are those it is built with when it goes on."""
    built = {name: tensor.clone() for name, tensor in training.model.state_dict().items()}
    right(training, place)
    training.model.load_state_dict(built)


@RESUMED("resume-without-optimizer", resume, _KEEP)
def optimizer_is_forgotten(right: Resume, training: Training, place: Path) -> None:
    """Adam's means begin at zero when it goes on."""
    right(training, place)
    training.optimizer = training.settings.optimizer(training.model)


class _Begun(Settings):
    """Settings of a training whose learning rate begins anew."""

    begun = 0

    def rate(self, step: int) -> float:
        return super().rate(step - self.begun)


@RESUMED("resume-without-rate", resume, _KEEP)
def learning_rate_begins_anew(right: Resume, training: Training, place: Path) -> None:
    """The learning rate begins anew, warm-up and all, when it goes on."""
    right(training, place)
    settings = _Begun(**vars(training.settings))
    object.__setattr__(settings, "begun", training.step)
    training.settings = settings


_seen: dict[int, int] = {}  # of a training, the examples that it saw before it was stopped


def _from_the_first(
    right: Callable[..., Done],
    training: Training,
    examples: Any,
    numbers: Sequence[Sequence[int]],
    epoch: int,
) -> Done:
    seen = _seen.get(id(training), 0) * len(numbers)
    return right(training, examples, [[n - seen for n in batch] for batch in numbers], epoch)


@RESUMED("resume-without-data", resume, _KEEP, examples=(Training.take_step, _from_the_first))
def data_begins_anew(right: Resume, training: Training, place: Path) -> None:
    """The first batches are seen again when it goes on."""
    right(training, place)
    _seen.clear()
    _seen[id(training)] = training.step


@RESUMED("resume-without-step", resume, _KEEP)
def step_is_forgotten(right: Resume, training: Training, place: Path) -> None:
    """All steps are taken again when it goes on."""
    right(training, place)
    training.step = 0


@RESUMED("resume-without-random", resume, _KEEP)
def random_state_is_forgotten(right: Resume, training: Training, place: Path) -> None:
    """Dropout's draws begin anew when it goes on."""
    before = torch.get_rng_state()
    right(training, place)
    torch.set_rng_state(before)


PROCESSES = KnownMistakes("processes", "two processes, beside one that accumulates two batches")

_SUM = "add the processes' gradients, each divided by the number of the whole step's labels"

Count = Callable[[StepShare, Sequence[Batch]], Sequence[int]]


@PROCESSES(
    "processes-mean-of-means", StepShare.count, _SUM, seen="DistributedDataParallel and a mean loss"
)
def means_are_averaged(_: Count, share: StepShare, batches: Sequence[Batch]) -> Sequence[int]:
    """Each process takes the mean over its own labels, and gradients are averaged."""
    return [number * processes.number() for number in share.objective.count(batches)]


@PROCESSES(
    "processes-averaged",
    StepShare.count,
    _SUM,
    seen="DistributedDataParallel, which divides by the number of processes",
)
def shares_are_averaged(right: Count, *given: Any) -> Sequence[int]:
    """Gradients are averaged though each is divided by the number of all labels already."""
    return [number * processes.number() for number in right(*given)]


@PROCESSES("processes-sum-of-means", StepShare.count, _SUM)
def means_are_added(_: Count, share: StepShare, batches: Sequence[Batch]) -> Sequence[int]:
    """Each process takes the mean over its own labels, and gradients are added."""
    return share.objective.count(batches)


def _own(_: Count, share: StepShare, batches: Sequence[Batch]) -> Sequence[int]:
    return share.objective.count(batches)


@PROCESSES(
    "processes-all-batches",
    processes.share,
    "deal the batches out: rank::world",
    counts=(StepShare.count, _own),
)
def each_process_takes_all_batches(_: Callable[..., Any], batches: int) -> tuple[range, bool]:
    """Each process computes all batches, and gradients are added."""
    return range(batches), False


@PROCESSES(
    "processes-apart",
    processes.spread,
    "torch.distributed.all_reduce of the gradients before they are clipped",
)
def gradients_are_not_added(_: Any, model: nn.Module, *_given: Any) -> nn.Module:
    """Each process trains on its own batches alone."""
    return model
