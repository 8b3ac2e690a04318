"""The decoder: causal mask, cache and cross-attention as the reference's, bit for bit."""

import pytest
import torch

from scratch_bert.model.decoder.cache import KeyValueCache
from tests.reference.assertions import assert_bit_equal, assert_same
from tests.reference.sides import TINY, batch_for, pair, steps

IDS = torch.arange(14).view(2, 7) * 5 % 97
LEFT_PADDED = torch.tensor([[1] * 7, [0, 0, 1, 1, 1, 1, 1]])


def cross_inputs(cross):
    if not cross:
        return {}
    generator = torch.Generator().manual_seed(0)
    return {
        "encoder_hidden_states": torch.randn(2, 5, TINY["hidden_size"], generator=generator),
        "encoder_attention_mask": torch.tensor([[1] * 5, [1, 1, 1, 0, 0]]),
    }


@pytest.mark.parametrize("mask", [None, LEFT_PADDED], ids=["no mask", "left-padded"])
@pytest.mark.parametrize("cross", [False, True], ids=["alone", "with encoder"])
@pytest.mark.parametrize("attention", ["eager", "sdpa"])
def test_steps_with_a_cache(attention, cross, mask):
    ours, theirs = pair("BertLMHeadModel", attention, add_cross_attention=cross)
    ours.eval(), theirs.eval()
    ours_past = theirs_past = None
    for start, end in [(0, 3), (3, 4), (4, 7)]:
        step = {"input_ids": IDS[:, start:end], "use_cache": True, **cross_inputs(cross)}
        if mask is not None:
            step["attention_mask"] = mask[:, :end]
        ours_out = ours(**step, past_key_values=ours_past, attention=attention)
        theirs_out = theirs(**step, past_key_values=theirs_past)
        ours_past, theirs_past = ours_out.past_key_values, theirs_out.past_key_values
        assert_same({"logits": ours_out.logits}, {"logits": theirs_out.logits})
    assert ours_past.length == 7


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
def test_training_with_cross_attention(attention):
    models = pair("BertLMHeadModel", attention, add_cross_attention=True)
    inputs = {**batch_for("BertLMHeadModel", batch=2, seq=7), **cross_inputs(True)}
    wanted = {"output_attentions": attention == "eager"}
    rows = assert_bit_equal(steps(models, {**inputs, **wanted}, attention))
    assert ("cross_attentions.0" in rows) == (attention == "eager")
    assert "encoder.layer.1.crossattention.self.key.grad" in rows


@pytest.mark.parametrize("train", [False, True])
@pytest.mark.parametrize("attention", ["eager", "sdpa"])
def test_cross_attention_of_a_usual_size(attention, train):
    """With 64 dimensions a head, how the cached keys lie in memory decides the matrix kernel."""
    sizes = {"hidden_size": 128, "num_attention_heads": 2, "add_cross_attention": True}
    models = [model.train(train) for model in pair("BertLMHeadModel", attention, **sizes)]
    source = torch.randn(3, 4, 128, generator=torch.Generator().manual_seed(0))
    inputs = {"input_ids": IDS.view(-1)[:6].view(3, 2), "encoder_hidden_states": source}
    assert_bit_equal(steps(models, inputs, attention))


def test_no_token_sees_a_later_one():
    ours, _ = pair("BertLMHeadModel")
    ours.eval()
    changed = IDS.clone()
    changed[:, 4:] = 1
    for attention in ("eager", "sdpa"):
        before = ours(IDS, attention=attention, use_cache=False).logits
        after = ours(changed, attention=attention, use_cache=False).logits
        assert torch.equal(before[:, :4], after[:, :4])
        assert not torch.equal(before[:, 4:], after[:, 4:])


def test_an_encoder_keeps_no_cache():
    ours, _ = pair("BertForMaskedLM")
    assert ours(IDS, use_cache=True).past_key_values is None


def test_checkpointed_layers_keep_no_cache():
    ours, _ = pair("BertLMHeadModel")
    ours.gradient_checkpointing_enable()
    assert ours(IDS, use_cache=True).past_key_values is None
    assert isinstance(ours.eval()(IDS, use_cache=True).past_key_values, KeyValueCache)
