"""Mistakes of the pretraining loss."""

from collections.abc import Callable, Iterable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from parity.suite.mistake import KnownMistakes
from parity.suite.training_runs import IGNORED, Batch
from scratch_bert.pretraining.objective import Counts, Pretraining, count_labels, pair_loss

MISTAKES = KnownMistakes("loss", "batches with different numbers of labels")

_COUNTED = "sum over the labels that are not -100, divided by how many those are"

Count = Callable[[Iterable[Batch]], Counts]
Lost = Callable[[Tensor, Tensor, int], Tensor]


def _all_tokens(right: Count, batches: Iterable[Batch]) -> Counts:
    batches = [*batches]
    return right(batches)._replace(masked=sum(batch["labels"].numel() for batch in batches))


@MISTAKES("loss-ignored-counted", count_labels, _COUNTED)
def ignored_labels_count(right: Count, batches: Iterable[Batch]) -> Counts:
    """The loss of hidden words is divided by all tokens, hidden or not."""
    return _all_tokens(right, batches)


@MISTAKES("loss-of-every-token", Pretraining.loss, _COUNTED, counts=(count_labels, _all_tokens))
def every_token_is_predicted(
    right: Callable[..., Tensor],
    objective: Pretraining,
    model: nn.Module,
    batch: Batch,
    counts: Sequence[int],
) -> Tensor:
    """The loss is over every token, hidden or not."""
    labels = batch["labels"].where(batch["labels"] != IGNORED, batch["input_ids"])
    return right(objective, model, {**batch, "labels": labels}, counts)


def _not_zero(right: Count, batches: Iterable[Batch]) -> Counts:
    batches = [*batches]
    pairs = sum(int((batch["next_sentence_label"] != 0).sum()) for batch in batches)
    return right(batches)._replace(pairs=pairs)


@MISTAKES(
    "loss-pairs-ignore-0",
    pair_loss,
    "ignore_index is -100 for both losses",
    "pairs of both labels",
    seen="ignore_index=0, once for padding, used for both losses",
    counts=(count_labels, _not_zero),
)
def label_0_is_ignored(_: Lost, scores: Tensor, labels: Tensor, count: int) -> Tensor:
    """A next-sentence label of 0 is ignored."""
    return F.cross_entropy(scores, labels, ignore_index=0, reduction="sum") / count


@MISTAKES(
    "loss-pairs-inverted",
    pair_loss,
    "score 0 is of a pair that follows, score 1 of a random one",
    "pairs of both labels",
)
def pair_labels_are_inverted(right: Lost, scores: Tensor, labels: Tensor, count: int) -> Tensor:
    """The first score of a pair means random, and the second that it follows."""
    return right(scores, 1 - labels, count)


@MISTAKES("loss-pairs-missing", pair_loss, "add both losses", "any batch with labels of both tasks")
def pair_loss_is_missing(_: Lost, scores: Tensor, _labels: Tensor, _count: int) -> Tensor:
    """The loss of next sentences is missing."""
    return torch.zeros((), dtype=scores.dtype)


@MISTAKES("loss-summed", count_labels, _COUNTED)
def word_loss_is_summed(right: Count, batches: Iterable[Batch]) -> Counts:
    """The loss of hidden words is summed."""
    batches = [*batches]
    return right(batches)._replace(masked=len(batches))
