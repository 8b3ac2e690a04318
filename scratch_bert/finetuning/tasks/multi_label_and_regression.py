"""Several labels at once for a text, or a number (the other two of HF's `problem_type`s)."""

from collections.abc import Sequence
from dataclasses import replace
from statistics import mean
from typing import Self

import torch
from sklearn.metrics import accuracy_score, f1_score, mean_absolute_error, r2_score
from torch import Tensor

from scratch_bert.finetuning.sequence_classification import LabeledText, Texts, TextTask
from scratch_bert.finetuning.tables.labels import check_known, sorted_labels
from scratch_bert.finetuning.tables.rows import Row
from scratch_bert.finetuning.tasks.features import Features
from scratch_bert.finetuning.tasks.objectives import BinaryCrossEntropy, MeanSquaredError
from scratch_bert.finetuning.tasks.task import Logits

_THRESHOLD = 0.5  # a label with a higher probability is predicted
Names = tuple[str, ...]


class MultiLabelTask(TextTask):
    """Any number of labels: each has a probability of its own."""

    METRIC = "f1_micro"
    OBJECTIVE = BinaryCrossEntropy
    PROBLEM_TYPE = "multi_label_classification"

    def read(self, row: Row) -> LabeledText:
        """Read the texts and the names of the labels; there may be none."""
        names = row.several(self.columns["label"])
        check_known(row, self.columns["label"], names, self.labels)
        return LabeledText(*self.texts(row), sorted_labels(names))

    def with_labels(self, examples: Texts) -> Self:
        """Sort the labels."""
        found = sorted_labels(name for example in examples for name in example.label)
        return replace(self, labels=self.labels or found)

    def target(self, label: Names) -> Tensor:
        """Return 1 for each label that the text has, 0 for the others."""
        return torch.tensor([float(name in label) for name in self.labels])

    def _names(self, chosen: Sequence[bool]) -> Names:
        return tuple(name for name, here in zip(self.labels, chosen, strict=True) if here)

    def predictions(self, examples: Texts, features: Features, logits: Logits) -> list[Names]:
        """Take the labels that are more probable than not."""
        return [self._names((each.sigmoid() > _THRESHOLD).tolist()) for each in logits]

    def majority_baseline(self, train: Texts, held_out: Texts) -> list[Names]:
        """Predict the labels of more than half of the texts, or else the most frequent ones."""
        shares = torch.stack([self.target(example.label) for example in train]).mean(0)
        chosen = shares > min(_THRESHOLD, shares.max().item() - 1e-6)
        return [self._names(chosen.tolist()) for _ in held_out]

    def metrics(self, examples: Texts, predictions: Sequence[Names]) -> dict[str, float]:
        """F1 over all labels together, the mean of each label's F1, and exact matches."""
        right = torch.stack([self.target(example.label) for example in examples]).numpy()
        given = torch.stack([self.target(each) for each in predictions]).numpy()
        f1 = {
            f"f1_{average}": float(f1_score(right, given, average=average, zero_division=0.0))
            for average in ("micro", "macro")
        }
        return f1 | {"exact": float(accuracy_score(right, given))}


class RegressionTask(TextTask):
    """A number."""

    METRIC = "r2"
    OBJECTIVE = MeanSquaredError
    PROBLEM_TYPE = "regression"

    def read(self, row: Row) -> LabeledText:
        """Read the texts and the number."""
        return LabeledText(*self.texts(row), row.number(self.columns["label"]))

    def with_labels(self, examples: Texts) -> Self:
        """Name the only output after its column."""
        return replace(self, labels=(self.columns["label"],))

    def target(self, label: float) -> Tensor:
        """Return the number."""
        return torch.tensor(label)

    def predictions(self, examples: Texts, features: Features, logits: Logits) -> list[float]:
        """Take the logit."""
        return [each.item() for each in logits]

    def majority_baseline(self, train: Texts, held_out: Texts) -> list[float]:
        """Predict the mean."""
        average = mean(example.label for example in train)
        return [average for _ in held_out]

    def metrics(self, examples: Texts, predictions: Sequence[float]) -> dict[str, float]:
        """R², which is 0 for the mean, and the mean absolute error."""
        right = [example.label for example in examples]
        error = float(mean_absolute_error(right, predictions))
        return {"r2": float(r2_score(right, predictions)), "mean_absolute_error": error}
