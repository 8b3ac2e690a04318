"""What a task is: rows of a table → examples, and outputs of a model → answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, Self

from torch import Tensor

from scratch_bert.finetuning.tables.rows import Row
from scratch_bert.finetuning.tasks.features import Features
from scratch_bert.finetuning.tasks.objectives import TaskObjective
from scratch_bert.model.heads import BertWithHead
from scratch_bert.tokenization import BertTokenizer


@dataclass(frozen=True)
class Lengths:
    """Of a row of tokens.

    Attributes:
        most: tokens at most; what is longer is cut, or for a question becomes several windows.
        stride: tokens that a window shares with the one before it.
    """

    most: int
    stride: int


class Task(Protocol):
    """One kind of task.

    Attributes:
        HEAD: the model's class.
        METRIC: the one of `scores` that counts; more is better.
        COLUMNS: role → the column that has it where nothing else is said.
        columns: role → column, of the table at hand.
        labels: names of the outputs, where they have any; none before they are known.
    """

    HEAD: ClassVar[type[BertWithHead]]
    METRIC: ClassVar[str]
    COLUMNS: ClassVar[Mapping[str, str]]
    columns: Mapping[str, str]
    labels: tuple[str, ...]

    def read(self, row: Row) -> Any:
        """Return an item with what the task needs; CorpusError names row and column.

        An item has a `key`: those of the same key are held out together or not at all.
        """
        ...

    def taught(self, items: Sequence[Any]) -> Self:
        """Take the labels from what is learnt from, unless they are known.

        Raises:
            CorpusError: there is nothing to tell apart.
        """
        ...

    def config(self) -> dict[str, Any]:
        """Return what the model's configuration must say."""
        ...

    def features(
        self, items: Sequence[Any], tokenizer: BertTokenizer, lengths: Lengths
    ) -> Features:
        """Tokenise items."""
        ...

    def objective(self, attention: str, balanced: Sequence[Any] | None) -> TaskObjective:
        """Return what is made small; classes weigh as they are rare in `balanced`, if given."""
        ...

    def predictions(
        self, items: Sequence[Any], features: Features, logits: Sequence[Tensor]
    ) -> list[Any]:
        """Read the logits of each row of features, without padding; returns an answer an item."""
        ...

    def majority(self, learnt: Sequence[Any], asked: Sequence[Any]) -> list[Any] | None:
        """Answer as one who knows the most frequent label only; None where there is no such."""
        ...

    def scores(self, items: Sequence[Any], predictions: Sequence[Any]) -> dict[str, float]:
        """Say by name how good answers are."""
        ...

    def confusion(
        self, items: Sequence[Any], predictions: Sequence[Any]
    ) -> tuple[list[str], list[str]] | None:
        """Return right and given labels for a confusion matrix, where that makes sense."""
        ...

    def told(self, item: Any, prediction: Any) -> dict[str, Any]:
        """Return what is written of an item and its answer."""
        ...
