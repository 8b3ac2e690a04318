"""What a task is: rows of a table → features, and outputs of a model → predictions."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Self

from torch import Tensor

from scratch_bert.finetuning.tables.rows import Row
from scratch_bert.finetuning.tasks.features import Features
from scratch_bert.finetuning.tasks.objectives import TaskObjective
from scratch_bert.model.heads import BertWithHead
from scratch_bert.tokenization import BertTokenizer

Logits = Sequence[Tensor]  # of each row of features, with padding


@dataclass(frozen=True)
class Lengths:
    """Lengths of a row of tokens.

    Attributes:
        max_length: a longer text is cut, or becomes several windows if a question is about it.
        stride: number of tokens that a window shares with the window before it.
    """

    max_length: int
    stride: int


class Prediction(NamedTuple):
    """A class and the probability that the model gives it."""

    label: str
    score: float


@dataclass(frozen=True)
class Task(ABC):
    """A kind of task; the methods are in the order in which they are called.

    Attributes:
        HEAD: class of the model.
        OBJECTIVE: class of the loss.
        METRIC: the metric for early stopping and plots; higher is better.
        COLUMNS: role → default name of the column.
        columns: role → name of the column in this table.
        labels: names of the model's outputs; empty if they have none, or are not known yet.
    """

    HEAD: ClassVar[type[BertWithHead]]
    OBJECTIVE: ClassVar[type[TaskObjective]]
    METRIC: ClassVar[str]
    COLUMNS: ClassVar[Mapping[str, str]]
    columns: Mapping[str, str]
    labels: tuple[str, ...] = ()

    @abstractmethod
    def read(self, row: Row) -> Any:
        """Return the example in a row; a CorpusError names row and column.

        Examples with the same `key` are all training data or all held out.
        """

    def with_labels(self, examples: Sequence[Any]) -> Self:
        """Take the labels from the training data, unless they are given.

        Raises:
            CorpusError: the examples do not suit the task.
        """
        return self

    def config(self) -> dict[str, Any]:
        """Return the task's entries of the model's configuration."""
        return {}

    @abstractmethod
    def features(
        self, examples: Sequence[Any], tokenizer: BertTokenizer, lengths: Lengths
    ) -> Features:
        """Tokenize examples and number their labels."""

    def objective(self, attention: str, balanced: Sequence[Any] | None) -> TaskObjective:
        """Return the loss; `balanced` are examples whose rare classes get a higher weight."""
        return self.OBJECTIVE(attention)

    @abstractmethod
    def predictions(
        self, examples: Sequence[Any], features: Features, logits: Logits
    ) -> Sequence[Any]:
        """Return a prediction for each example."""

    def majority_baseline(
        self, train: Sequence[Any], held_out: Sequence[Any]
    ) -> Sequence[Any] | None:
        """Predict the most frequent label of the training data; None without such a label."""
        return None

    @abstractmethod
    def metrics(self, examples: Sequence[Any], predictions: Sequence[Any]) -> dict[str, float]:
        """Compare predictions with labels."""

    def classes(
        self, examples: Sequence[Any], predictions: Sequence[Any]
    ) -> tuple[list[str], list[str]] | None:
        """Return the true and the predicted classes, if classes exclude each other."""
        return None

    def record(self, example: Any, prediction: Any) -> dict[str, Any]:
        """Return a line of predictions.jsonl."""
        values = example._asdict() | {"predicted": prediction}
        return {name: value for name, value in values.items() if value is not None}
