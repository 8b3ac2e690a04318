"""How well a model predicts what it has not learnt from."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from scratch_bert.pretraining.dynamic_masking import IGNORED
from scratch_bert.training.step import Batch


@dataclass(frozen=True)
class Evaluation:
    """Means over all hidden words and all pairs; not means of batches' means, as HF's.

    Attributes:
        perplexity: e to the mean loss of a hidden word.
        words_right: the share of hidden words that get the highest score.
        pairs_right: the share of pairs that are told apart.
    """

    perplexity: float
    words_right: float
    pairs_right: float


@torch.no_grad()
def evaluate(model: nn.Module, batches: Iterable[Batch]) -> Evaluation:
    """Evaluate a BertForPreTraining, without dropout; it is left as it was."""
    was_training = model.training
    model.eval()
    loss, words, words_right, pairs, pairs_right = 0.0, 0, 0, 0, 0
    for batch in batches:
        inputs = {name: tensor for name, tensor in batch.items() if "label" not in name}
        at = batch["labels"] != IGNORED
        labels, follows = batch["labels"][at], batch["next_sentence_label"]
        output = model(**inputs, logits_at=at, attention="packed")
        scores = output.prediction_logits.float()
        loss += F.cross_entropy(scores, labels, reduction="sum").item()
        words += len(labels)
        words_right += int((scores.argmax(-1) == labels).sum())
        pairs += len(follows)
        pairs_right += int((output.seq_relationship_logits.argmax(-1) == follows).sum())
    model.train(was_training)
    return Evaluation(math.exp(loss / words), words_right / words, pairs_right / pairs)


def unigram_perplexity(counts: Sequence[int], batches: Iterable[Batch]) -> float:
    """The perplexity of who knows how frequent each word is and nothing else (add-one smoothed).

    Args:
        counts: how often each id is in what is learnt from.
        batches: whose hidden words are predicted.
    """
    logs = (torch.as_tensor(counts, dtype=torch.float64) + 1).log()
    logs -= logs.logsumexp(0)
    hidden: list[Tensor] = [batch["labels"][batch["labels"] != IGNORED] for batch in batches]
    return math.exp(-logs[torch.cat(hidden)].mean().item())
