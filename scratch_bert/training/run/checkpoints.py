"""Checkpoints of a training that cannot be lost: all it must know to go on as if it never stopped.

A checkpoint is a folder `step-N`, which is written beside under another name and renamed when all
of it is on the disk: there is never half of one. torch.distributed.checkpoint writes the tensors as
safetensors, of which nothing can be executed; `training.json` holds the rest, and each file's
sha256.
"""

import json
import math
import os
import shutil
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.distributed.checkpoint.api import CheckpointException
from torch.distributed.checkpoint.hf_storage import (
    HuggingFaceStorageReader,
    HuggingFaceStorageWriter,
)
from torch.distributed.checkpoint.state_dict import get_optimizer_state_dict
from torch.distributed.checkpoint.state_dict_loader import load as load_tensors
from torch.distributed.checkpoint.state_dict_saver import save as save_tensors

from scratch_bert.errors import CheckpointError, TrainingError
from scratch_bert.files import sha256
from scratch_bert.training.distributed import processes
from scratch_bert.training.loop import Done, Training

ABOUT = "training.json"
_NAME, _UNFINISHED = "step-", ".unfinished-"


def run(
    training: Training,
    folder: Path,
    every: int,
    keep: int = 2,
    stops: Callable[[], bool] = lambda: False,
) -> Iterator[Done]:
    """Take the steps that are left, from the last checkpoint on if there is one.

    Args:
        training: which has not begun, or goes on already.
        folder: of the checkpoints.
        every: so many steps one is written; and after the last step.
        keep: how many checkpoints stay.
        stops: whether to write one now and take no more steps.

    Raises:
        CheckpointError: one cannot be read or written.
        TrainingError: the loss is no number any more.
    """
    go_on(training, folder)
    for done in training:
        if not (math.isfinite(done.loss) and math.isfinite(done.gradient_norm)):
            why = f"step {done.step}: the loss is {done.loss}, the gradient {done.gradient_norm}"
            raise TrainingError(f"{why}; {_last(folder)}; begin anew with a lower learning rate")
        yield done
        asked = torch.tensor(int(stops()), device=next(training.model.parameters()).device)
        stop = processes.total(asked).item() > 0
        if stop or done.step % every == 0 or done.step == training.settings.steps:
            save(training, folder, keep)
        if stop:
            return


def go_on(training: Training, folder: Path) -> None:
    """Resume a training from the last checkpoint, if there is one and it has not begun.

    Raises:
        CheckpointError: as `resume` does.
    """
    if training.step == 0 and (found := checkpoints(folder)):
        resume(training, found[-1])


def save(training: Training, folder: Path, keep: int = 2) -> Path:
    """Write a checkpoint, and remove all but the last ones; of several processes the first does.

    Args:
        training: between two steps.
        folder: of the checkpoints; made if need be.
        keep: how many stay.

    Raises:
        CheckpointError: it cannot be written; those from before are as they were.
    """
    place = folder / f"{_NAME}{training.step}"
    tensors = {name: processes.whole(tensor) for name, tensor in _tensors(training).items()}
    if processes.own() == 0 and not place.exists():
        _put(training, tensors, place, keep)
    processes.wait()
    return place


def _put(training: Training, tensors: dict[str, Tensor], place: Path, keep: int) -> None:
    folder = place.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for killed in folder.glob(f"{_UNFINISHED}*"):
            shutil.rmtree(killed)
        beside = folder / f"{_UNFINISHED}{training.step}"
        beside.mkdir()
        _write(training, tensors, beside)
        beside.rename(place)
        _sync(folder)
        for old in checkpoints(folder)[:-keep]:  # renamed first: never half of one is seen
            shutil.rmtree(old.rename(folder / f"{_UNFINISHED}{old.name}"))
    except OSError as error:
        why = f"{place}: cannot be written: {error.strerror}"
        raise CheckpointError(f"{why}; {_last(folder)}") from None


def checkpoints(folder: Path) -> list[Path]:
    """Return a training's checkpoints, the last one last."""
    numbered = {path.name.removeprefix(_NAME): path for path in folder.glob(f"{_NAME}*")}
    return [numbered[number] for number in sorted(filter(str.isdecimal, numbered), key=int)]


def resume(training: Training, place: Path) -> None:
    """Go on from a checkpoint, with the same bits as if there had been no stop.

    Args:
        training: which has not begun.
        place: the checkpoint.

    Raises:
        CheckpointError: it is damaged, or of a training with other settings; nothing was changed.
    """
    about = _read(place)
    for name, was in about["settings"].items():
        now = _settings(training).get(name)
        if now != was:
            raise CheckpointError(f"{place}: {name} was {was!r}, and is {now!r} now")
    get_optimizer_state_dict(training.model, training.optimizer)  # makes what it keeps
    tensors = _tensors(training)
    with warnings.catch_warnings(action="ignore", category=UserWarning):  # that it is one process
        load_tensors(tensors, storage_reader=HuggingFaceStorageReader(str(place)), no_dist=True)
    torch.set_rng_state(tensors["random.cpu"])
    if "random.cuda" in tensors:
        torch.cuda.set_rng_state(tensors["random.cuda"], next(training.model.parameters()).device)
    training.step = about["step"]


def _write(training: Training, tensors: dict[str, Tensor], beside: Path) -> None:
    writer = HuggingFaceStorageWriter(str(beside))
    with warnings.catch_warnings(action="ignore", category=UserWarning):  # that it is one process
        try:
            save_tensors(tensors, storage_writer=writer, no_dist=True)
        except CheckpointException as failed:
            error, _ = next(iter(failed.failures.values()))
            raise error from None
    about = {
        "format": 1,
        "step": training.step,
        "settings": _settings(training),
        "sha256": {path.name: sha256(path) for path in sorted(beside.iterdir())},
    }
    with (beside / ABOUT).open("w", encoding="utf-8") as file:
        json.dump(about, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    _sync(beside)


def _tensors(training: Training) -> dict[str, Tensor]:
    """All that a training changes, by name; the model's own tensors, not copies."""
    tensors = {"random.cpu": torch.get_rng_state()}
    device = next(training.model.parameters()).device
    if device.type == "cuda":
        tensors["random.cuda"] = torch.cuda.get_rng_state(device)
    for name, parameter in training.model.named_parameters():
        tensors[f"model.{name}"] = parameter.detach()
        for key, tensor in training.optimizer.state.get(parameter, {}).items():
            tensors[f"optimizer.{name}.{key}"] = tensor
    return tensors


def _settings(training: Training) -> Mapping[str, Any]:
    """What must not change on the way, the model's configuration too, as JSON has it."""
    settings = {**vars(training.settings)}
    del settings["parallel"]  # and how many processes there are
    settings["model"] = type(training.model).__name__.removeprefix("FSDP")
    settings["examples"] = [(phase.begin, len(phase.examples)) for phase in training.phases]
    settings |= {f"model.{name}": value for name, value in vars(training.model.config).items()}
    return json.loads(json.dumps(settings))


def _read(place: Path) -> dict[str, Any]:
    try:
        about = json.loads((place / ABOUT).read_text(encoding="utf-8"))
        digests, _ = dict(about["sha256"]), (dict(about["settings"]), int(about["step"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        why = f"{place / ABOUT}: cannot be read: {error}"
        raise CheckpointError(f"{why}; {_last(place.parent, place)}") from None
    for name, digest in digests.items():
        path = place / name
        if not path.is_file() or sha256(path) != digest:
            what = "is damaged" if path.is_file() else "is missing"
            raise CheckpointError(f"{path}: {what}; {_last(place.parent, place)}")
    return about


def _last(folder: Path, but: Path | None = None) -> str:
    """Name the last good checkpoint, for a message."""
    for place in reversed([each for each in checkpoints(folder) if each != but]):
        try:
            _read(place)
        except CheckpointError:
            continue
        return f"the last good checkpoint is {place}"
    return "there is no good checkpoint"


def _sync(folder: Path) -> None:
    """Have the names in a folder on the disk, where the system can."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)
