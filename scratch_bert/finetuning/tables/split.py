"""Read a task's rows, and divide them into training data and a validation set."""

from collections.abc import Callable, Iterable, Sequence
from random import Random
from typing import Any, NamedTuple

from scratch_bert.errors import CorpusError
from scratch_bert.finetuning.tables.files import dataset_table, read_table
from scratch_bert.finetuning.tables.rows import Table, read_examples
from scratch_bert.finetuning.tables.source import Source
from scratch_bert.finetuning.tasks.registry import TASKS, examples_of
from scratch_bert.finetuning.tasks.task import Task


class Split(NamedTuple):
    """A task and its examples.

    Attributes:
        task: which knows its labels.
        train: the training data.
        held_out: the validation set.
        skipped: number of rows that could not be used.
    """

    task: Task
    train: list[Any]
    held_out: list[Any]
    skipped: int


def read_split(name: str, source: Source, seed: int, warn: Callable[[str], object]) -> Split:
    """Read all rows.

    Args:
        name: name of the task in `TASKS`.
        source: where the rows are.
        seed: random seed for the rows that are held out.
        warn: is called with the reason for each row that is skipped.

    Raises:
        CorpusError: a row cannot be used; the message names row and column.
    """
    known, skipped = TASKS[name], list[str]()

    def skip(why: str) -> None:
        skipped.append(why)
        warn(f"left out: {why}")

    is_own = bool(source.data or source.dataset)
    columns = {**known.kind.COLUMNS, **({} if is_own else known.columns), **source.columns}
    task = known.kind(columns, tuple(source.labels))
    on_error = skip if source.skips else None
    tables: Iterable[Table] = map(read_table, source.data or [examples_of(known)])
    if source.dataset is not None:
        tables = [dataset_table(source.dataset)]
    examples = read_examples(tables, columns.values(), task.read, on_error)
    if source.held_out:
        task, tables = task.with_labels(examples), map(read_table, source.held_out)
        held_out = read_examples(tables, columns.values(), task.read, on_error)
        return Split(task, examples, held_out, len(skipped))
    train, held_out = hold_out(examples, source.share, seed)
    return Split(task.with_labels(examples), train, held_out, len(skipped))


def hold_out(examples: Sequence[Any], share: float, seed: int) -> tuple[list[Any], list[Any]]:
    """Divide examples at random; examples with the same key stay together.

    Raises:
        CorpusError: all examples have the same key.
    """
    keys = list(dict.fromkeys(example.key for example in examples))
    if len(keys) < 2:
        why = "expected two at least: one of them is held out"
        raise CorpusError(f"all rows that can be used have the same text, {why}")
    Random(seed).shuffle(keys)  # noqa: S311
    chosen = set(keys[: min(max(1, round(len(keys) * share)), len(keys) - 1)])
    train = [example for example in examples if example.key not in chosen]
    return train, [example for example in examples if example.key in chosen]
