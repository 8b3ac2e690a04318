"""The loss of pretraining, as it goes wrong."""

import torch.nn.functional as F
from torch import Tensor

from parity.pretraining.right import IGNORED, PAIRS, WORDS, Task, lost_on_words
from parity.suite.mistake import instead
from parity.suite.training_runs import Batch


def _every_label(batch: Batch) -> Tensor:
    return batch["labels"].where(batch["labels"] != IGNORED, batch["input_ids"])


def _inverted(scores: Tensor, batch: Batch) -> Tensor:
    return F.cross_entropy(scores, 1 - batch["next_sentence_label"], reduction="sum")


def _without_zero(scores: Tensor, batch: Batch) -> Tensor:
    labels = batch["next_sentence_label"]
    return F.cross_entropy(scores, labels, ignore_index=0, reduction="sum")


_COUNTED = "sum over the labels that are not -100, divided by how many those are"
_LABELS = "batches with different numbers of labels"

MISTAKES = (
    instead(
        "loss",
        "loss-ignored-counted",
        "the loss of hidden words is divided by all tokens, hidden or not",
        _COUNTED,
        detected_by=_LABELS,
        words=Task(lambda batch: batch["labels"].numel(), WORDS.lost),
    ),
    instead(
        "loss",
        "loss-of-every-token",
        "the loss is over every token, hidden or not",
        _COUNTED,
        detected_by=_LABELS,
        words=Task(
            lambda batch: batch["labels"].numel(),
            lambda scores, batch: lost_on_words(scores, _every_label(batch)),
        ),
    ),
    instead(
        "loss",
        "loss-pairs-ignore-0",
        "a next-sentence label of 0 is ignored",
        "ignore_index is -100 for both losses",
        detected_by="pairs of both labels",
        seen="ignore_index=0, once for padding, used for both losses",
        pairs=Task(lambda batch: int((batch["next_sentence_label"] != 0).sum()), _without_zero),
    ),
    instead(
        "loss",
        "loss-pairs-inverted",
        "the first score of a pair means random, and the second that it follows",
        "score 0 is of a pair that follows, score 1 of a random one",
        detected_by="pairs of both labels",
        pairs=Task(PAIRS.count, _inverted),
    ),
    instead(
        "loss",
        "loss-pairs-missing",
        "the loss of next sentences is missing",
        "add both losses",
        detected_by="any batch with labels of both tasks",
        pairs=None,
    ),
    instead(
        "loss",
        "loss-summed",
        "the loss of hidden words is summed",
        _COUNTED,
        detected_by=_LABELS,
        words=Task(lambda _: 1, WORDS.lost),
    ),
)
