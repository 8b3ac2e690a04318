"""Where a task's rows are from, and which of them are held out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from scratch_bert.errors import CorpusError
from scratch_bert.finetuning.tables.files import dataset_table, read_table
from scratch_bert.finetuning.tables.rows import Table, read_items
from scratch_bert.finetuning.tasks.registry import TASKS, Known, examples_of
from scratch_bert.finetuning.tasks.task import Task
from scratch_bert.pretraining.corpus.datasets import Dataset


@dataclass(frozen=True)
class Source:
    """What is learnt from, and what is held out.

    Attributes:
        data: files; without any, and without a dataset, the examples that come with the package.
        dataset: a HuggingFace dataset in place of files.
        held_out: files of which nothing is learnt; without any, a share of the rows is held out.
        share: that share.
        columns: role → column, where it is not the task's own.
        labels: all there are; without any, those of the rows.
        skips: whether a row that cannot be used is left out; else it is an error.
    """

    data: Sequence[Path] = ()
    dataset: Dataset | None = None
    held_out: Sequence[Path] = ()
    share: float = 0.2
    columns: Mapping[str, str] = field(default_factory=dict)
    labels: Sequence[str] = ()
    skips: bool = False

    def tables(self, known: Known) -> Iterator[Table]:
        """Yield the tables to learn from."""
        if self.dataset is not None:
            yield dataset_table(self.dataset)
        elif self.data:
            yield from map(read_table, self.data)
        else:
            yield read_table(examples_of(known))


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
    items = read_items(source.tables(known), columns.values(), task.read, skips)
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
