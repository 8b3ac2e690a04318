"""How well a model predicts what it has not learned from."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from scratch_bert.pretraining.objective import vocabulary_logits
from scratch_bert.training.run.batches import IGNORED
from scratch_bert.training.shuffle import Examples
from scratch_bert.training.step import Batch

EVALUATED = 1024  # held-out examples at most
_TOGETHER = 32


@dataclass(frozen=True)
class Evaluation:
    """Means over all hidden words and all pairs; not means of batches' means, as HF's.

    Attributes:
        perplexity: e to the mean loss of a hidden word.
        words_right: the share of hidden words that get the highest score.
        pairs_right: the share of pairs that are told apart; None where there are no pairs.
    """

    perplexity: float
    words_right: float
    pairs_right: float | None

    def numbers(self) -> dict[str, float]:
        """Those that there are, by name."""
        return {name: value for name, value in vars(self).items() if value is not None}


@torch.no_grad()
def evaluate(model: nn.Module, batches: Iterable[Batch]) -> Evaluation:
    """Evaluate a BertForPreTraining or BertForMaskedLM, without dropout; it is left as it was."""
    was_training = model.training
    model.eval()
    loss, words, words_right = 0.0, 0, 0
    told_apart = list[bool]()
    for batch in batches:
        inputs = {name: tensor for name, tensor in batch.items() if "label" not in name}
        at = batch["labels"] != IGNORED
        labels = batch["labels"][at]
        output = model(**inputs, logits_at=at, attention="packed")
        scores = vocabulary_logits(output).float()
        loss += F.cross_entropy(scores, labels, reduction="sum").item()
        words += len(labels)
        words_right += int((scores.argmax(-1) == labels).sum())
        if "next_sentence_label" in batch:
            right = output.seq_relationship_logits.argmax(-1) == batch["next_sentence_label"]
            told_apart += right.tolist()
    model.train(was_training)
    pairs_right = sum(told_apart) / len(told_apart) if told_apart else None
    return Evaluation(math.exp(loss / words), words_right / words, pairs_right)


def unigram_perplexity(counts: Sequence[int], batches: Iterable[Batch]) -> float:
    """The perplexity of who knows how frequent each word is and nothing else (add-one smoothed).

    Args:
        counts: how often each id is in what is learned from.
        batches: whose hidden words are predicted.
    """
    logs = (torch.as_tensor(counts, dtype=torch.float64) + 1).log()
    logs -= logs.logsumexp(0)
    hidden: list[Tensor] = [batch["labels"][batch["labels"] != IGNORED] for batch in batches]
    return math.exp(-logs[torch.cat(hidden)].mean().item())


def held_out_batches(examples: Examples, device: str = "cpu") -> Iterator[Batch]:
    """Yield not more than `EVALUATED`, from everywhere; the same words are hidden each time."""
    numbers = range(0, len(examples), -(-len(examples) // EVALUATED))
    for start in range(0, len(numbers), _TOGETHER):
        batch = examples.batch(numbers[start : start + _TOGETHER], epoch=0)
        yield {name: tensor.to(device) for name, tensor in batch.items()}
