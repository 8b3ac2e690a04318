"""The simple classifier: BERT as it is makes a vector of each text, and a line divides them.

Nothing of BERT learns: logistic regression sees the vectors alone. What fine-tuning is for shows
in the difference.
"""

from enum import StrEnum

import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from scratch_bert.finetuning.sequence_classification import Scored, SequenceClassificationTask
from scratch_bert.finetuning.tables.split import Split
from scratch_bert.finetuning.tasks.features import INPUTS, Features
from scratch_bert.model.bert import BertModel
from scratch_bert.weights.checkpoints import Checkpoint

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


def simple_scores(
    split: Split,
    task: SequenceClassificationTask,
    checkpoint: Checkpoint,
    learnt: Features,
    asked: Features,
) -> dict[str, dict[str, float]]:
    """Say what logistic regression reaches on what is held out, with each kind of vector.

    Args:
        split: the rows.
        task: that they are of.
        checkpoint: whose body it is.
        learnt: the rows to learn from, tokenised.
        asked: those held out.
    """
    body = BertModel.from_pretrained(checkpoint, add_pooling_layer=False)
    labels, found = [item.label for item in split.learnt], {}
    for vector in Vector:
        classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
        classifier.fit(vectors(body, learnt, vector).numpy(), labels)
        answers = classifier.predict(vectors(body, asked, vector).numpy()).tolist()
        predictions = [Scored(label, 1.0) for label in answers]
        found[f"frozen, {vector}"] = task.scores(split.held_out, predictions)
    return found
