"""A step's loss and gradients: of all hidden words alike, with padding or without."""

import pytest
import torch

from scratch_bert import BertConfig, BertForMaskedLM, BertForPreTraining
from scratch_bert.pretraining.dynamic_masking import IGNORED
from scratch_bert.pretraining.objective import Counts, objective
from scratch_bert.pretraining.step import training_step
from tests.models import TINY, adversarial_

ROUNDING = 1e-13  # of the loss or the largest gradient; 3e-15 was the most in 40 pairs of batches
CANCELLING = 1e-8  # of a change that is seen as a difference of two parameters


def made(kind=BertForPreTraining):
    torch.manual_seed(0)
    return adversarial_(kind(BertConfig(**TINY))).double().eval()  # so that nothing is dropped


def batch_of(lengths, seq=12, hide=0.3):
    generator = torch.Generator().manual_seed(sum(lengths))
    mask = (torch.arange(seq) < torch.tensor(lengths)[:, None]).long()
    ids = torch.randint(5, 90, mask.shape, generator=generator) * mask
    hidden = (torch.rand(mask.shape, generator=generator) < hide) & mask.bool()
    hidden[:, 1] = True
    return {
        "input_ids": ids,
        "attention_mask": mask,
        "token_type_ids": torch.randint(0, 2, mask.shape, generator=generator),
        "labels": ids.masked_fill(~hidden, IGNORED),
        "next_sentence_label": torch.randint(0, 2, mask.shape[:1], generator=generator),
    }


def gradients(model, batches, attention):
    counts = Counts.of(batches)
    losses = [objective(model, batch, counts, attention) for batch in batches]
    return sum(losses), torch.autograd.grad(sum(losses), [*model.parameters()])


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
    counts = Counts.of([batch])
    assert counts.pairs == 0
    for attention in ("packed", "eager"):
        loss = objective(model, batch, counts, attention)
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


def test_what_a_step_leaves():
    model, batches = made(), [batch_of([12, 5]), batch_of([4, 7])]
    loss, expected = gradients(model, batches, "packed")
    before = [parameter.detach().clone() for parameter in model.parameters()]
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    step = training_step(model, batches, optimizer, max_grad_norm=0.5)
    assert step.loss == pytest.approx(loss.item(), rel=1e-12)
    norm = torch.stack([gradient.norm() for gradient in expected]).norm()
    assert step.gradient_norm == pytest.approx(norm.item(), rel=1e-12)
    assert norm > 1
    for old, new, gradient in zip(before, model.parameters(), expected, strict=True):
        assert new.grad is None
        torch.testing.assert_close(
            old - new, gradient * 0.5 / (norm + 1e-6), rtol=CANCELLING, atol=ROUNDING
        )
