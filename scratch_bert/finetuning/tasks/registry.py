"""All tasks by name, each with the examples that come with the package."""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

from scratch_bert.finetuning.sequence_classification import SequenceClassificationTask
from scratch_bert.finetuning.tasks.multi_label_and_regression import MultiLabelTask, RegressionTask
from scratch_bert.finetuning.tasks.multiple_choice import MultipleChoiceTask
from scratch_bert.finetuning.tasks.question_answering import QuestionAnsweringTask
from scratch_bert.finetuning.tasks.token_classification import TokenClassificationTask


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


def examples_of(known: Known) -> Path:
    """Return the table that comes with the package."""
    return Path(str(files("scratch_bert.finetuning"))) / "examples" / known.examples
