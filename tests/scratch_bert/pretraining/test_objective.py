"""A step's loss and gradients: of all hidden words alike, with padding or without."""

import pytest
import torch

from scratch_bert import BertForMaskedLM
from scratch_bert.pretraining.objective import Pretraining, count_labels
from scratch_bert.training.run.batches import IGNORED
from tests.batches import ROUNDING, batch_of, gradients, made


def assert_close(ours, theirs):
    assert abs(ours[0] - theirs[0]) <= ROUNDING * abs(theirs[0])
    largest = max(gradient.abs().max() for gradient in theirs[1])
    for mine, yours in zip(ours[1], theirs[1], strict=True):
        assert (mine - yours).abs().max() <= ROUNDING * largest


def test_packed_is_the_same():
    batches = [batch_of([12, 5, 7]), batch_of([3, 12, 2, 9])]
    assert_close(*(gradients(made(), batches, attention) for attention in ("packed", "eager")))


@pytest.mark.parametrize("attention", ["packed", "sdpa"])
def test_each_hidden_word_counts_the_same(attention):
    """Dealt out in any way, and however many are hidden in each batch."""
    few, many = batch_of([12, 5], hide=0.0), batch_of([12, 9], hide=0.9)
    together = {name: torch.cat((few[name], many[name])) for name in few}
    model = made()
    assert_close(*(gradients(model, each, attention) for each in ([few, many], [together])))


def test_words_alone():
    model, batch = made(BertForMaskedLM), batch_of([12, 5])
    del batch["next_sentence_label"]
    expected = model(**batch).loss
    counts = count_labels([batch])
    assert counts.pairs == 0
    for attention in ("packed", "eager"):
        loss = Pretraining(attention).loss(model, batch, counts)
        torch.testing.assert_close(loss, expected, rtol=ROUNDING, atol=0)


@pytest.mark.parametrize("attention", ["packed", "sdpa"])
def test_nothing_is_hidden(attention):
    batch = batch_of([12, 5])
    batch["labels"] = torch.full_like(batch["labels"], IGNORED)
    loss, _ = gradients(made(), [batch], attention)
    output = made()(batch["input_ids"], batch["attention_mask"], batch["token_type_ids"])
    pairs = batch["next_sentence_label"]
    expected = torch.nn.functional.cross_entropy(output.seq_relationship_logits, pairs)
    torch.testing.assert_close(loss, expected, rtol=ROUNDING, atol=0)
