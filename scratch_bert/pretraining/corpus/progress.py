"""What is being done to a corpus, how fast, and for how long yet."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

BYTES = "bytes"

Advance = Callable[[int], object]
Begin = Callable[[str, int | None, str], Advance]


@contextmanager
def stages(console: Console) -> Iterator[Begin]:
    """Show one bar after the other.

    Yields:
        What begins a stage: is given what is done, of how many (None is unknown), and of what
        (`BYTES`, or a plural); returns what is told how many more are done.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), _Amount(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:

        def begin(what: str, total: int | None, unit: str) -> Advance:
            for before in progress.task_ids:
                progress.remove_task(before)
            task = progress.add_task(what, total=total, unit=unit)
            return lambda number: progress.advance(task, number)

        yield begin


class _Amount(ProgressColumn):
    """How much is done, of how much, and how much in a second."""

    def render(self, task: Task) -> Text:
        if not task.completed:
            return Text()
        unit, scale, form = task.fields["unit"], 1.0, ",.0f"
        if unit == BYTES:
            unit, scale, form = "MB", 1e6, ",.1f"
        parts = [f"{task.completed / scale:{form}}"]
        if task.total is not None:
            parts.append(f"/{task.total / scale:{form}}")
        parts.append(f" {unit}")
        if task.speed is not None:
            parts.append(f", {task.speed / scale:{form}} {unit}/s")
        return Text("".join(parts))
