"""Where a task's rows are from, and which of them are held out."""

from collections.abc import Callable, Iterable, Sequence
from random import Random
from typing import Any, NamedTuple

from scratch_bert.errors import CorpusError
from scratch_bert.finetuning.tables.files import dataset_table, read_table
from scratch_bert.finetuning.tables.rows import Table, read_items
from scratch_bert.finetuning.tables.source import Source
from scratch_bert.finetuning.tasks.registry import TASKS, examples_of
from scratch_bert.finetuning.tasks.task import Task


class Split(NamedTuple):
    """A task and its items; `left_out` rows could not be used."""

    task: Task
    learnt: list[Any]
    held_out: list[Any]
    left_out: int


def read_split(name: str, source: Source, seed: int, tell: Callable[[str], object]) -> Split:
    """Read all rows.

    Args:
        name: of `TASKS`.
        source: of the rows.
        seed: of the choice of those that are held out.
        tell: is told of rows that are left out.

    Raises:
        CorpusError: something cannot be used, with row and column.
    """
    known, left_out = TASKS[name], list[str]()

    def skip(why: str) -> None:
        left_out.append(why)
        tell(f"left out: {why}")

    is_own = bool(source.data or source.dataset)
    columns = {**known.kind.COLUMNS, **({} if is_own else known.columns), **source.columns}
    task: Task = known.kind(columns, tuple(source.labels))
    skips = skip if source.skips else None
    tables: Iterable[Table] = map(read_table, source.data or [examples_of(known)])
    if source.dataset is not None:
        tables = [dataset_table(source.dataset)]
    items = read_items(tables, columns.values(), task.read, skips)
    if source.held_out:
        task, tables = task.taught(items), map(read_table, source.held_out)
        held_out = read_items(tables, columns.values(), task.read, skips)
        return Split(task, items, held_out, len(left_out))
    learnt, held_out = hold_out(items, source.share, seed)
    return Split(task.taught(items), learnt, held_out, len(left_out))


def hold_out(items: Sequence[Any], share: float, seed: int) -> tuple[list[Any], list[Any]]:
    """Divide items, by lot; those of one key stay together.

    Raises:
        CorpusError: all have the same.
    """
    keys = list(dict.fromkeys(item.key for item in items))
    if len(keys) < 2:
        why = "expected two at least: one of them is held out"
        raise CorpusError(f"all rows that can be used have the same text, {why}")
    Random(seed).shuffle(keys)  # noqa: S311
    chosen = set(keys[: min(max(1, round(len(keys) * share)), len(keys) - 1)])
    learnt = [item for item in items if item.key not in chosen]
    return learnt, [item for item in items if item.key in chosen]
