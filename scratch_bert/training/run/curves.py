"""The curves of a training: a line of JSON for each step, and TensorBoard."""

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack
from itertools import islice
from pathlib import Path

from scratch_bert.files import write_text
from scratch_bert.training.loop import Done

_HELD_OUT = "held_out_"


class Curves(AbstractContextManager["Curves"]):
    """Files that are continued; what they have of steps that are taken again, after a kill, goes.

    Args:
        folder: gets curves.jsonl, and a folder tensorboard if that is asked for.
        step: so many steps were taken before.
        tensorboard: whether to write for TensorBoard, too.

    Attributes:
        held_out: the evaluations there were, one after the other.

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
        self.held_out: list[dict[str, float]] = []
        lines = folder / "curves.jsonl"
        if lines.is_file():
            with lines.open(encoding="utf-8") as file:
                kept = [*islice(file, step)]
            write_text(lines, "".join(kept))
            self.held_out += filter(None, (_held_out(json.loads(line)) for line in kept))
        self._file = self._open.enter_context(lines.open("a", encoding="utf-8"))

    def add(self, done: Done, held_out: Mapping[str, float]) -> None:
        """Write what a step came to, and what an evaluation after it, if there was one."""
        numbers = done._asdict() | {f"{_HELD_OUT}{name}": held_out[name] for name in held_out}
        self._file.write(json.dumps(numbers) + "\n")
        self._file.flush()
        if held_out:
            self.held_out.append(dict(held_out))
        if self._board is not None:
            for name in numbers.keys() - {"step"}:
                self._board.add_scalar(name, numbers[name], done.step)

    def __exit__(self, *_: object) -> None:
        self._open.close()


def _held_out(numbers: Mapping[str, float]) -> dict[str, float]:
    return {
        name.removeprefix(_HELD_OUT): numbers[name]
        for name in numbers
        if name.startswith(_HELD_OUT)
    }
