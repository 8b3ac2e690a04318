"""Several labels at once for a text, or a number (HF's `problem_type`s beside classes)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import mean
from typing import Any, ClassVar, Self

import torch
from sklearn.metrics import accuracy_score, f1_score, mean_absolute_error, r2_score
from torch import Tensor

from scratch_bert.finetuning.sequence_classification import Labelled, text_features, texts
from scratch_bert.finetuning.tables.labels import check_known, sorted_labels
from scratch_bert.finetuning.tables.rows import Row
from scratch_bert.finetuning.tasks.features import Features
from scratch_bert.finetuning.tasks.objectives import Numbers
from scratch_bert.finetuning.tasks.task import Lengths
from scratch_bert.model.heads import BertWithHead
from scratch_bert.model.task_heads import BertForSequenceClassification
from scratch_bert.tokenization import BertTokenizer

_HALF = 0.5  # a label that is more probable is there


@dataclass(frozen=True)
class MultiLabelTask:
    """A `Task`: each label is there or not."""

    HEAD: ClassVar[type[BertWithHead]] = BertForSequenceClassification
    METRIC: ClassVar[str] = "f1_micro"
    COLUMNS: ClassVar[Mapping[str, str]] = {"text": "text", "label": "label"}
    columns: Mapping[str, str]
    labels: tuple[str, ...] = ()

    def read(self, row: Row) -> Labelled:
        """Take the texts and the labels' names; there may be none."""
        names = row.several(self.columns["label"])
        check_known(row, self.columns["label"], names, self.labels)
        return Labelled(*texts(row, self.columns), sorted_labels(names))

    def taught(self, items: Sequence[Labelled]) -> Self:
        """Take the labels in order."""
        found = sorted_labels(name for item in items for name in item.label)
        return replace(self, labels=self.labels or found)

    def config(self) -> dict[str, Any]:
        """Return the labels' names."""
        names = dict(enumerate(self.labels))
        return {"id2label": names, "problem_type": "multi_label_classification"}

    def _there(self, labels: Sequence[Sequence[str]]) -> list[list[int]]:
        return [[int(name in each) for name in self.labels] for each in labels]

    def features(
        self, items: Sequence[Labelled], tokenizer: BertTokenizer, lengths: Lengths
    ) -> Features:
        """Tokenise texts."""
        labels = torch.tensor(self._there([item.label for item in items]), dtype=torch.float)
        return text_features(items, [*labels], tokenizer, lengths.most)

    def objective(self, attention: str, balanced: Sequence[Labelled] | None) -> Numbers:
        """Return the mean cross entropy of the labels."""
        return Numbers(attention, binary=True)

    def predictions(
        self, items: Sequence[Labelled], features: Features, logits: Sequence[Tensor]
    ) -> list[tuple[str, ...]]:
        """Take what is more probable than not."""
        chosen = torch.stack(list(logits)).sigmoid() > _HALF
        return [
            tuple(n for n, there in zip(self.labels, each, strict=True) if there)
            for each in chosen.tolist()
        ]

    def majority(
        self, learnt: Sequence[Labelled], asked: Sequence[Labelled]
    ) -> list[tuple[str, ...]]:
        """Answer with what more than half of the texts have, or the most frequent one."""
        shares = torch.tensor(self._there([item.label for item in learnt])).float().mean(0)
        chosen = shares > min(_HALF, shares.max().item() - 1e-6)
        answer = tuple(n for n, there in zip(self.labels, chosen.tolist(), strict=True) if there)
        return [answer] * len(asked)

    def scores(
        self, items: Sequence[Labelled], predictions: Sequence[tuple[str, ...]]
    ) -> dict[str, float]:
        """F1 over all labels together, the mean of each one's, and how many are right in all."""
        right = torch.tensor(self._there([item.label for item in items])).numpy()
        given = torch.tensor(self._there(predictions)).numpy()
        micro, macro = (
            float(f1_score(right, given, average=each, zero_division=0.0))
            for each in ("micro", "macro")
        )
        exact = float(accuracy_score(right, given))
        return {"f1_micro": micro, "f1_macro": macro, "exact": exact}

    def confusion(self, items: Sequence[Labelled], predictions: Sequence[Any]) -> None:
        """There is none: labels do not exclude each other."""

    def told(self, item: Labelled, prediction: tuple[str, ...]) -> dict[str, Any]:
        """Return texts, labels and answer."""
        return item.told(predicted=prediction)


@dataclass(frozen=True)
class RegressionTask:
    """A `Task`: a number."""

    HEAD: ClassVar[type[BertWithHead]] = BertForSequenceClassification
    METRIC: ClassVar[str] = "r2"
    COLUMNS: ClassVar[Mapping[str, str]] = {"text": "text", "label": "label"}
    columns: Mapping[str, str]
    labels: tuple[str, ...] = ()

    def read(self, row: Row) -> Labelled:
        """Take the texts and the number."""
        return Labelled(*texts(row, self.columns), row.number(self.columns["label"]))

    def taught(self, items: Sequence[Labelled]) -> Self:
        """Know the output's name."""
        return replace(self, labels=(self.columns["label"],))

    def config(self) -> dict[str, Any]:
        """Return the output's name."""
        return {"id2label": {0: self.labels[0]}, "problem_type": "regression"}

    def features(
        self, items: Sequence[Labelled], tokenizer: BertTokenizer, lengths: Lengths
    ) -> Features:
        """Tokenise texts."""
        labels = [torch.tensor(item.label) for item in items]
        return text_features(items, labels, tokenizer, lengths.most)

    def objective(self, attention: str, balanced: Sequence[Labelled] | None) -> Numbers:
        """Return the mean squared error."""
        return Numbers(attention)

    def predictions(
        self, items: Sequence[Labelled], features: Features, logits: Sequence[Tensor]
    ) -> list[float]:
        """Take the number."""
        return [each.item() for each in logits]

    def majority(self, learnt: Sequence[Labelled], asked: Sequence[Labelled]) -> list[float]:
        """Answer with the mean."""
        return [mean(item.label for item in learnt)] * len(asked)

    def scores(self, items: Sequence[Labelled], predictions: Sequence[float]) -> dict[str, float]:
        """R² (the mean has 0) and the mean absolute error."""
        right = [item.label for item in items]
        missed = float(mean_absolute_error(right, predictions))
        return {"r2": float(r2_score(right, predictions)), "mean_absolute_error": missed}

    def confusion(self, items: Sequence[Labelled], predictions: Sequence[Any]) -> None:
        """There is none, of numbers."""

    def told(self, item: Labelled, prediction: float) -> dict[str, Any]:
        """Return texts, number and answer."""
        return item.told(predicted=prediction)
