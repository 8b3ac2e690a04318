"""A baseline: logistic regression on frozen BERT features.

BERT turns each text into a vector and is not trained. The difference to the fine-tuned model shows
what fine-tuning is good for.
"""

from enum import StrEnum

import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from scratch_bert.finetuning.tables.split import Split
from scratch_bert.finetuning.tasks.features import INPUTS, Features
from scratch_bert.finetuning.tasks.task import Prediction
from scratch_bert.model.bert import BertModel
from scratch_bert.weights.checkpoints import Checkpoint

_BATCH = 32


class Vector(StrEnum):
    """The vector of a text: that of [CLS], or the mean over all tokens."""

    CLS = "cls"
    MEAN = "mean"


@torch.no_grad()
def vectors(body: BertModel, features: Features, vector: Vector) -> Tensor:
    """Return (texts, hidden), the vectors of a frozen BERT."""
    found = []
    for start in range(0, len(features), _BATCH):
        batch = features.batch(range(len(features))[start : start + _BATCH], epoch=0)
        inputs = {name: batch[name] for name in INPUTS}
        states = body(**inputs, attention="packed").last_hidden_state  # (batch, seq, hidden)
        mask = batch["attention_mask"][:, :, None]
        mean = (states * mask).sum(1) / mask.sum(1)
        found.append(states[:, 0] if vector is Vector.CLS else mean)
    return torch.cat(found)


def frozen_baselines(
    split: Split, checkpoint: Checkpoint, train: Features, held_out: Features
) -> dict[str, dict[str, float]]:
    """Return the metrics of logistic regression on the validation set, for each kind of vector.

    Args:
        split: a classification task and its examples.
        checkpoint: the BERT.
        train: the tokenized training data.
        held_out: the tokenized validation set.
    """
    body = BertModel.from_pretrained(checkpoint, add_pooling_layer=False)
    labels, found = [example.label for example in split.train], {}
    for vector in Vector:
        classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
        classifier.fit(vectors(body, train, vector).numpy(), labels)
        answers = classifier.predict(vectors(body, held_out, vector).numpy()).tolist()
        predictions = [Prediction(label, 1.0) for label in answers]
        found[f"frozen, {vector}"] = split.task.metrics(split.held_out, predictions)
    return found
