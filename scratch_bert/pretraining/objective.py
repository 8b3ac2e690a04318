"""What pretraining makes small: how badly hidden words and next sentences are predicted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

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

    @classmethod
    def of(cls, batches: Iterable[Batch]) -> Self:
        """Count the labels of batches."""
        words = pairs = 0
        for batch in batches:
            words += int((batch["labels"] != IGNORED).sum())
            pairs += batch["next_sentence_label"].numel() if "next_sentence_label" in batch else 0
        return cls(words, pairs)


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
        return Counts.of(batches)

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
        scores = word_scores(output)
        hidden = F.cross_entropy(scores.flatten(0, -2), labels.flatten(), reduction="sum")
        loss = hidden / max(1, words)  # where nothing is hidden HF's is NaN
        if "next_sentence_label" not in batch:
            return loss
        labels = batch["next_sentence_label"]
        follows = F.cross_entropy(output.seq_relationship_logits, labels, reduction="sum")
        return loss + follows / pairs
