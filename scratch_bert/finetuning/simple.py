"""The simple classifier: BERT as it is makes a vector of each text, and a line divides them.

Nothing of BERT learns: logistic regression sees the vectors alone. What fine-tuning is for shows
in the difference.
"""

from collections.abc import Sequence
from enum import StrEnum

import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from scratch_bert.finetuning.features import INPUTS, Features
from scratch_bert.model import BertModel

_TOGETHER = 32


class Vector(StrEnum):
    """Which vector stands for a text: that of [CLS], or the mean of all tokens'."""

    CLS = "cls"
    MEAN = "mean"


@torch.no_grad()
def vectors(body: BertModel, features: Features, vector: Vector) -> Tensor:
    """Return (texts, hidden) of a body that does not learn."""
    found = []
    for start in range(0, len(features), _TOGETHER):
        batch = features.batch(range(len(features))[start : start + _TOGETHER], epoch=0)
        inputs = {name: batch[name] for name in INPUTS}
        states = body(**inputs, attention="packed").last_hidden_state  # (batch, seq, hidden)
        mask = batch["attention_mask"][:, :, None]
        mean = (states * mask).sum(1) / mask.sum(1)
        found.append(states[:, 0] if vector is Vector.CLS else mean)
    return torch.cat(found)


def frozen_predictions(
    body: BertModel, learnt: Features, labels: Sequence[str], asked: Features, vector: Vector
) -> list[str]:
    """Learn labels from vectors by logistic regression; returns those of other texts."""
    classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    classifier.fit(vectors(body, learnt, vector).numpy(), list(labels))
    return list(map(str, classifier.predict(vectors(body, asked, vector).numpy())))
