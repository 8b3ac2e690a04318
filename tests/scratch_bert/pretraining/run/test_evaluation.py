"""Perplexity of hidden words, whatever batches they are in; and that of who only counts."""

import math

import pytest
import torch
import torch.nn.functional as F

from scratch_bert import BertConfig, BertForPreTraining
from scratch_bert.pretraining.run.evaluation import evaluate, unigram_perplexity
from scratch_bert.training.run.batches import IGNORED
from tests.batches import batch_of
from tests.models import TINY, adversarial_


@pytest.fixture
def model():
    torch.manual_seed(0)
    return adversarial_(BertForPreTraining(BertConfig(**TINY))).train()


def test_every_hidden_word_counts_the_same(model):
    few, many = batch_of([12, 5], hide=0.1), batch_of([12, 9, 7], hide=0.9)
    found = evaluate(model, [few, many])
    assert model.training
    assert found == evaluate(model, [few, many])  # nothing is dropped
    model.eval()
    losses, right, follows = [], [], []
    for batch in (few, many):
        output = model(**{name: batch[name] for name in batch if "label" not in name})
        at = batch["labels"] != IGNORED
        logits, labels = output.prediction_logits[at], batch["labels"][at]
        losses += F.cross_entropy(logits, labels, reduction="none").tolist()
        right += (logits.argmax(-1) == labels).tolist()
        answers = output.seq_relationship_logits.argmax(-1)
        follows += (answers == batch["next_sentence_label"]).tolist()
    assert math.log(found.perplexity) == pytest.approx(sum(losses) / len(losses), rel=1e-5)
    assert found.words_right == sum(right) / len(right)
    assert found.pairs_right == sum(follows) / len(follows)
    assert evaluate(model, [few]) != evaluate(model, [many])
    assert not model.training


def test_who_only_counts():
    counts = [0] * 7 + [4, 2, 0]
    batches = [{"labels": torch.tensor([[7, IGNORED, 8]])}, {"labels": torch.tensor([[9]])}]
    shares = [5 / 16, 3 / 16, 1 / 16]  # of ten words, each counted once more
    expected = math.exp(-sum(map(math.log, shares)) / 3)
    assert unigram_perplexity(counts, batches) == pytest.approx(expected)
