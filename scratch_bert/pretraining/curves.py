"""The curves of a training: a line of JSON for each step, and TensorBoard."""

import json
from contextlib import AbstractContextManager, ExitStack
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

from scratch_bert.files import replace
from scratch_bert.pretraining.evaluation import Evaluation
from scratch_bert.training.loop import Done


class Curves(AbstractContextManager["Curves"]):
    """Files that are continued; what they have of steps that are taken again, after a kill, goes.

    Args:
        folder: gets curves.jsonl, and a folder tensorboard if that is asked for.
        step: so many steps were taken before.
        tensorboard: whether to write for TensorBoard, too.

    Raises:
        ModuleNotFoundError: it is to, and tensorboard is not installed.
    """

    def __init__(self, folder: Path, step: int, *, tensorboard: bool) -> None:
        self._open, self._board = ExitStack(), None
        if tensorboard:
            from torch.utils.tensorboard import SummaryWriter

            place = str(folder / "tensorboard")
            self._board = SummaryWriter(place, purge_step=step + 1)
            self._open.callback(self._board.close)
        lines = folder / "curves.jsonl"
        if lines.is_file():
            with lines.open(encoding="utf-8") as file:
                kept = "".join(islice(file, step))
            replace(lines, lambda place: place.write_text(kept, encoding="utf-8"))
        self._file = self._open.enter_context(lines.open("a", encoding="utf-8"))

    def add(self, done: Done, held_out: Evaluation | None) -> None:
        """Write what a step came to, and where a model was evaluated after it, that, too."""
        numbers: dict[str, Any] = done._asdict()
        if held_out is not None:
            numbers |= {f"held_out_{name}": value for name, value in asdict(held_out).items()}
        self._file.write(json.dumps(numbers) + "\n")
        self._file.flush()
        if self._board is not None:
            for name in numbers.keys() - {"step"}:
                self._board.add_scalar(name, numbers[name], done.step)

    def __exit__(self, *_: object) -> None:
        self._open.close()
