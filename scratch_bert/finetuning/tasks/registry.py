"""All tasks by name, each with a table of examples from the package."""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from scratch_bert.finetuning.sequence_classification import SequenceClassificationTask
from scratch_bert.finetuning.tasks.multi_label_and_regression import MultiLabelTask, RegressionTask
from scratch_bert.finetuning.tasks.multiple_choice import MultipleChoiceTask
from scratch_bert.finetuning.tasks.question_answering import QuestionAnsweringTask
from scratch_bert.finetuning.tasks.task import Task
from scratch_bert.finetuning.tasks.token_classification import TokenClassificationTask


class Known(NamedTuple):
    """A task and its table of examples.

    Attributes:
        kind: the task's class.
        examples: file name of the table.
        columns: role → column in that table, if it is not the task's default.
        max_length: default length of a row in tokens.
    """

    kind: type[Task]
    examples: str
    columns: Mapping[str, str] = {}
    max_length: int = 128


TASKS = {
    "classify": Known(SequenceClassificationTask, "reviews.csv"),
    "multi-label": Known(MultiLabelTask, "reviews.csv", {"label": "topics"}),
    "regress": Known(RegressionTask, "reviews.csv", {"label": "stars"}),
    "tag": Known(TokenClassificationTask, "entities.conll"),
    "answer": Known(QuestionAnsweringTask, "questions.json", max_length=384),
    "choose": Known(MultipleChoiceTask, "choices.jsonl"),
}
OPTIONAL_COLUMNS = {"classify": ("pair",), "multi-label": ("pair",), "regress": ("pair",)}


def examples_of(known: Known) -> Path:
    """Return the path of a task's table in the package."""
    return Path(str(files("scratch_bert.finetuning"))) / "examples" / known.examples
