"""What pretraining makes small: how badly hidden words and next sentences are predicted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch.nn.functional as F
from torch import Tensor, nn

from scratch_bert.model.outputs import HeadOutput, PreTrainingOutput
from scratch_bert.training.run.batches import IGNORED
from scratch_bert.training.step import Batch


class Counts(NamedTuple):
    """How much is predicted in one optimiser step, all its batches together.

    A mean of the batches' means would weigh a word more where few are hidden; HF's heads do that.

    Attributes:
        words: hidden words.
        pairs: next-sentence labels.
    """

    words: int
    pairs: int


def count_labels(batches: Iterable[Batch]) -> Counts:
    """Count what batches have to predict."""
    words = pairs = 0
    for batch in batches:
        words += int((batch["labels"] != IGNORED).sum())
        pairs += batch["next_sentence_label"].numel() if "next_sentence_label" in batch else 0
    return Counts(words, pairs)


def word_loss(scores: Tensor, labels: Tensor, count: int) -> Tensor:
    """Sum the cross entropy over the masked tokens, and divide it by their count in the step."""
    lost = F.cross_entropy(scores.flatten(0, -2), labels.flatten(), reduction="sum")
    return lost / max(1, count)  # where nothing is masked HF's is NaN


def pair_loss(scores: Tensor, labels: Tensor, count: int) -> Tensor:
    """Sum the cross entropy over the pairs, and divide it by their count in the step."""
    return F.cross_entropy(scores, labels, reduction="sum") / count


def word_scores(output: PreTrainingOutput | HeadOutput) -> Tensor:
    """Return what BertForPreTraining or BertForMaskedLM scores words with; HF names them apart."""
    return output.prediction_logits if isinstance(output, PreTrainingOutput) else output.logits


@dataclass(frozen=True)
class Pretraining:
    """The mean over a step's hidden words, plus the mean over its pairs.

    "packed" computes no padding, and scores hidden words only, which leaves out six sevenths of the
    largest matrix product. The others do the reference's operations, for the reference's bits.

    Attributes:
        attention: "eager", "sdpa" or "packed".
    """

    attention: str = "packed"

    def count(self, batches: Iterable[Batch]) -> Counts:
        """Count the labels of a step's batches."""
        return count_labels(batches)

    def loss(self, model: nn.Module, batch: Batch, counts: Sequence[int]) -> Tensor:
        """Return a batch's share of its step's loss.

        Args:
            model: BertForPreTraining or BertForMaskedLM.
            batch: `input_ids`, `attention_mask`, `token_type_ids`, `labels` (`IGNORED` where
                nothing is hidden), and `next_sentence_label` where pairs are learnt.
            counts: `Counts` of the whole step.
        """
        words, pairs = counts
        inputs = {name: tensor for name, tensor in batch.items() if "label" not in name}
        labels, at = batch["labels"], None
        if self.attention == "packed":
            at = labels != IGNORED
            labels = labels[at]
        output = model(**inputs, logits_at=at, attention=self.attention)
        loss = word_loss(word_scores(output), labels, words)
        if "next_sentence_label" not in batch:
            return loss
        return loss + pair_loss(output.seq_relationship_logits, batch["next_sentence_label"], pairs)
