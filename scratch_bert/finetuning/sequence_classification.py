"""Classify a text or a pair of texts (paper: section 4.1; HF run_glue.py).

Rows of a table → features → logits of BERT and its head → loss, or predictions:

>>> tokenizer = BertTokenizer.from_pretrained("builtin:minilm")
>>> train = [LabeledText("a good film", None, "positive"), LabeledText("bad", None, "negative")]
>>> task = SequenceClassificationTask(TextTask.COLUMNS).with_labels(train)
>>> features = task.features(train, tokenizer, Lengths(max_length=128, stride=0))
>>> batch = features.batch([0, 1], epoch=0)
>>> batch["input_ids"]  # the second row is padded
tensor([[ 101, 1037, 2204, 2143,  102],
        [ 101, 2919,  102,    0,    0]])
>>> task.labels, batch["labels"]
(('negative', 'positive'), tensor([1, 0]))
>>> logits = torch.tensor([[-1.0, 2.0], [0.5, 0.0]])  # (batch, labels), as a model might return
>>> objective = task.objective("packed", balanced=None)
>>> objective.loss_of(logits, batch, objective.count([batch]))  # (0.0486 + 0.4741) / 2
tensor(0.2613)
>>> [(label, round(score, 2)) for label, score in task.predictions(train, features, logits)]
[('positive', 0.95), ('negative', 0.62)]

All weights are trained, not only the head's. The paper (appendix A.3) tries batches of 16 or 32,
learning rates of 5e-5, 3e-5 or 2e-5 and 2 to 4 epochs. For 192 reviews (`scratch-bert finetune
classify`) these are too few steps: 16, 3e-5 and 3 reach an accuracy of 0.58, our defaults 0.88
(run/recipe.py).
"""

from abc import abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, NamedTuple, Self

import torch
from sklearn.metrics import accuracy_score, f1_score
from torch import Tensor

from scratch_bert.finetuning.tables.labels import check_known, check_several, sorted_labels
from scratch_bert.finetuning.tables.rows import Row
from scratch_bert.finetuning.tasks.features import Features, tokenize
from scratch_bert.finetuning.tasks.objectives import CrossEntropy, balanced_weights
from scratch_bert.finetuning.tasks.task import Lengths, Logits, Prediction, Task
from scratch_bert.model.task_heads import BertForSequenceClassification
from scratch_bert.tokenization import BertTokenizer


class LabeledText(NamedTuple):
    """An example: `pair` is the second text, if any; `label` a name, several names or a number."""

    text: str
    pair: str | None
    label: Any

    @property
    def key(self) -> object:
        """The texts: the same texts must not be both training data and held out."""
        return self.text, self.pair


Texts = Sequence[LabeledText]
Predictions = Sequence[Prediction]


class TextTask(Task):
    """What the three tasks for texts share: one class, several labels, a number."""

    # logits = W dropout(pooled) + b: the pooler's vector of [CLS], which attends to all tokens and
    # which next-sentence prediction has trained to represent a pair. Only W and b are new. Dropout
    # (0.1) keeps them from relying on single dimensions that happen to separate a few examples.
    HEAD = BertForSequenceClassification
    COLUMNS: ClassVar[Mapping[str, str]] = {"text": "text", "label": "label"}
    PROBLEM_TYPE: ClassVar[str]

    def texts(self, row: Row) -> tuple[str, str | None]:
        """Read the text, and the second text if there is a column for it."""
        pair = row.text(self.columns["pair"]) if "pair" in self.columns else None
        return row.text(self.columns["text"]), pair

    def config(self) -> dict[str, Any]:
        """Return the names of the outputs, and which loss they have (HF `problem_type`)."""
        return {"id2label": dict(enumerate(self.labels)), "problem_type": self.PROBLEM_TYPE}

    @abstractmethod
    def target(self, label: Any) -> Tensor:
        """Return a label as the loss needs it."""

    def features(self, examples: Texts, tokenizer: BertTokenizer, lengths: Lengths) -> Features:
        """[CLS] text [SEP], or [CLS] text [SEP] pair [SEP] with segments 0 and 1."""
        sides = [[example.text for example in examples]]
        if examples[0].pair is not None:
            sides.append([str(example.pair) for example in examples])
        # A pair that is too long loses tokens at the end of its longer text (HF "longest_first").
        _, rows = tokenize(tokenizer, *sides, truncation=True, max_length=lengths.max_length)
        for row, example in zip(rows, examples, strict=True):
            row["labels"] = self.target(example.label)
        return Features(rows, tokenizer.pad_token_id)


class SequenceClassificationTask(TextTask):
    """One of several classes."""

    OBJECTIVE = CrossEntropy
    PROBLEM_TYPE = "single_label_classification"
    # Early stopping keeps the epoch where it is highest. The highest of several noisy accuracies is
    # too good: report the accuracy on other texts.
    METRIC = "accuracy"

    def read(self, row: Row) -> LabeledText:
        """Read the texts and the name of the class."""
        label = row.name(self.columns["label"])
        check_known(row, self.columns["label"], [label], self.labels)
        return LabeledText(*self.texts(row), label)

    def with_labels(self, examples: Texts) -> Self:
        """Sort the classes: their numbers must not depend on the order of the rows."""
        labels = self.labels or sorted_labels(example.label for example in examples)
        check_several(labels, self.columns["label"])
        return replace(self, labels=labels)

    def target(self, label: str) -> Tensor:
        """Return the number of the class."""
        return torch.tensor(self.labels.index(label))

    def objective(self, attention: str, balanced: Texts | None) -> CrossEntropy:
        """-log softmax(logits)[label] (paper: section 4.1), the mean over the texts of a step.

        With `balanced` texts, rare classes among them get a higher weight.
        """
        names = [example.label for example in balanced or ()]
        return self.OBJECTIVE(attention, balanced_weights(self.labels, names))

    def predictions(self, examples: Texts, features: Features, logits: Logits) -> Predictions:
        """Take the class with the highest logit, and its probability as the score."""
        best = torch.stack(list(logits)).softmax(-1).max(-1)  # (texts, labels) → (texts)
        labels = [self.labels[index] for index in best.indices.tolist()]
        return [*map(Prediction, labels, best.values.tolist())]

    def majority_baseline(self, train: Texts, held_out: Texts) -> Predictions:
        """Predict the most frequent class, whatever the text is."""
        ((label, count),) = Counter(example.label for example in train).most_common(1)
        return [Prediction(label, count / len(train)) for _ in held_out]

    def metrics(self, examples: Texts, predictions: Predictions) -> dict[str, float]:
        """Accuracy, and the mean of the classes' F1, in which rare classes count as much."""
        true, predicted = self.classes(examples, predictions)
        macro = f1_score(true, predicted, average="macro", zero_division=0.0)
        return {"accuracy": float(accuracy_score(true, predicted)), "f1_macro": float(macro)}

    def classes(self, examples: Texts, predictions: Predictions) -> tuple[list[str], list[str]]:
        """Return the true and the predicted classes."""
        return [example.label for example in examples], [each.label for each in predictions]

    def record(self, example: LabeledText, prediction: Prediction) -> dict[str, Any]:
        """Return the texts, the label, the prediction and its probability."""
        return super().record(example, prediction.label) | {"score": prediction.score}
