"""One class for a text or a pair of texts (paper: section 4.1; HF's run_glue.py)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import torch
from sklearn.metrics import accuracy_score, f1_score
from sklearn.utils.class_weight import compute_class_weight
from torch import Tensor

from scratch_bert.finetuning.tables.labels import check_known, check_several, sorted_labels
from scratch_bert.finetuning.tables.rows import Row
from scratch_bert.finetuning.tasks.features import Features, encoded
from scratch_bert.finetuning.tasks.objectives import Classes
from scratch_bert.finetuning.tasks.task import Lengths
from scratch_bert.model.heads import BertWithHead
from scratch_bert.model.task_heads import BertForSequenceClassification
from scratch_bert.tokenization import BertTokenizer


class Labelled(NamedTuple):
    """A text, and what it is labelled with.

    Attributes:
        text: the first, or only one.
        pair: the second; None where there are no pairs.
        label: a name, several, or a number.
    """

    text: str
    pair: str | None
    label: Any

    @property
    def key(self) -> object:
        """The texts."""
        return self.text, self.pair

    def told(self, **more: Any) -> dict[str, Any]:
        """What is written of it."""
        return {name: value for name, value in (self._asdict() | more).items() if value is not None}


class Scored(NamedTuple):
    """An answer and the probability that the model gives it."""

    label: str
    score: float


def texts(row: Row, columns: Mapping[str, str]) -> tuple[str, str | None]:
    """Read the text, and the second one where a column for it is named."""
    second = row.text(columns["pair"]) if "pair" in columns else None
    return row.text(columns["text"]), second


def text_features(
    items: Sequence[Labelled], labels: Sequence[Tensor], tokenizer: BertTokenizer, most: int
) -> Features:
    """Tokenise texts or pairs, with a label for each."""
    sides = [[item.text for item in items]]
    if items[0].pair is not None:
        sides.append([str(item.pair) for item in items])
    _, rows = encoded(tokenizer, *sides, truncation=True, max_length=most)
    labelled = [{**row, "labels": label} for row, label in zip(rows, labels, strict=True)]
    return Features(labelled, tokenizer.pad_token_id)


@dataclass(frozen=True)
class SequenceClassificationTask:
    """A `Task`: one of several classes."""

    HEAD: ClassVar[type[BertWithHead]] = BertForSequenceClassification
    METRIC: ClassVar[str] = "accuracy"
    COLUMNS: ClassVar[Mapping[str, str]] = {"text": "text", "label": "label"}
    columns: Mapping[str, str]
    labels: tuple[str, ...] = ()

    def read(self, row: Row) -> Labelled:
        """Take the texts and the label's name."""
        label = row.name(self.columns["label"])
        check_known(row, self.columns["label"], [label], self.labels)
        return Labelled(*texts(row, self.columns), label)

    def taught(self, items: Sequence[Labelled]) -> Self:
        """Take the labels in order."""
        labels = self.labels or sorted_labels(item.label for item in items)
        check_several(labels, self.columns["label"])
        return replace(self, labels=labels)

    def config(self) -> dict[str, Any]:
        """Return the labels' names."""
        names = dict(enumerate(self.labels))
        return {"id2label": names, "problem_type": "single_label_classification"}

    def features(
        self, items: Sequence[Labelled], tokenizer: BertTokenizer, lengths: Lengths
    ) -> Features:
        """Tokenise texts."""
        labels = [torch.tensor(self.labels.index(item.label)) for item in items]
        return text_features(items, labels, tokenizer, lengths.most)

    def objective(self, attention: str, balanced: Sequence[Labelled] | None) -> Classes:
        """Return the cross entropy."""
        names = [item.label for item in balanced or ()]
        return Classes(attention, balanced_weights(self.labels, names) if names else None)

    def predictions(
        self, items: Sequence[Labelled], features: Features, logits: Sequence[Tensor]
    ) -> list[Scored]:
        """Take the class of the highest score."""
        found = torch.stack(list(logits)).softmax(-1).max(-1)
        labels = [self.labels[index] for index in found.indices.tolist()]
        return [*map(Scored, labels, found.values.tolist())]

    def majority(self, learnt: Sequence[Labelled], asked: Sequence[Labelled]) -> list[Scored]:
        """Answer with the most frequent class."""
        ((label, times),) = Counter(item.label for item in learnt).most_common(1)
        return [Scored(label, times / len(learnt))] * len(asked)

    def scores(self, items: Sequence[Labelled], predictions: Sequence[Scored]) -> dict[str, float]:
        """Count what is right, and take the mean of the classes' F1."""
        right, given = self.confusion(items, predictions)
        macro = f1_score(right, given, average="macro", zero_division=0.0)
        return {"accuracy": float(accuracy_score(right, given)), "f1_macro": float(macro)}

    def confusion(
        self, items: Sequence[Labelled], predictions: Sequence[Scored]
    ) -> tuple[list[str], list[str]]:
        """Return right and given classes."""
        return [item.label for item in items], [each.label for each in predictions]

    def told(self, item: Labelled, prediction: Scored) -> dict[str, Any]:
        """Return texts, label, answer and probability."""
        return item.told(predicted=prediction.label, score=prediction.score)


def balanced_weights(labels: Sequence[str], names: Sequence[str]) -> tuple[float, ...]:
    """Weigh each class by how rare it is (scikit-learn's "balanced"); one that is not there, 1."""
    there = [label for label in labels if label in names]
    found = compute_class_weight("balanced", classes=np.array(there), y=np.array(names))
    weights = dict(zip(there, found.tolist(), strict=True))
    return tuple(weights.get(label, 1.0) for label in labels)
