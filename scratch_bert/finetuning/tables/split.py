"""Where a task's rows are from, and which of them are held out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from scratch_bert.errors import CorpusError
from scratch_bert.finetuning.sequence_classification import SequenceClassificationTask
from scratch_bert.finetuning.tables.files import dataset_table, read_table
from scratch_bert.finetuning.tables.rows import Table, read_items
from scratch_bert.finetuning.tasks.multiple_choice import MultipleChoiceTask
from scratch_bert.finetuning.tasks.question_answering import QuestionAnsweringTask
from scratch_bert.finetuning.tasks.sequence_numbers import MultiLabelTask, RegressionTask
from scratch_bert.finetuning.tasks.task import Task
from scratch_bert.finetuning.tasks.token_classification import TokenClassificationTask
from scratch_bert.pretraining.corpus.datasets import Dataset


class Known(NamedTuple):
    """A task, and the table of examples that comes with the package.

    Attributes:
        kind: the task's class.
        examples: file name.
        columns: of that table, where they are not the task's own.
        tokens: that a row has at most, where nothing else is said.
    """

    kind: type[Any]
    examples: str
    columns: Mapping[str, str] = {}
    tokens: int = 128


TASKS = {
    "classify": Known(SequenceClassificationTask, "reviews.csv"),
    "multi-label": Known(MultiLabelTask, "reviews.csv", {"label": "topics"}),
    "regress": Known(RegressionTask, "reviews.csv", {"label": "stars"}),
    "tag": Known(TokenClassificationTask, "entities.conll"),
    "answer": Known(QuestionAnsweringTask, "questions.json", tokens=384),
    "choose": Known(MultipleChoiceTask, "choices.jsonl"),
}
OPTIONAL_COLUMNS = {"classify": ("pair",), "multi-label": ("pair",), "regress": ("pair",)}


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


def examples_of(known: Known) -> Path:
    """Return the table that comes with the package."""
    return Path(str(files("scratch_bert.finetuning"))) / "examples" / known.examples


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
