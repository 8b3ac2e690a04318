"""Attention's laws, and the masks of both kinds."""

from functools import partial

import pytest
import torch

from scratch_bert.config import BertConfig
from scratch_bert.model.attention import BertSelfAttention, eager_attention
from scratch_bert.model.decoder.cache import KeyValueCache
from scratch_bert.model.decoder.cross_attention import BertCrossAttention
from scratch_bert.model.interface.attention_plan import (
    AttentionPlan,
    CrossAttentionPlan,
    sdpa_attention,
)
from scratch_bert.model.interface.forward_plan import mask_for

LIKE = torch.zeros(2, 3, 8)


def test_the_formula_by_hand():
    query = torch.tensor([[[[2.0, 0.0]]]])
    key = torch.tensor([[[[1.0, 0.0], [0.0, 1.0]]]])
    value = torch.tensor([[[[10.0, 0.0], [0.0, 20.0]]]])
    context, probabilities = eager_attention(query, key, value, None, dropout=0.0)
    weights = torch.softmax(torch.tensor([2.0, 0.0]) / 2**0.5, dim=0)
    assert torch.allclose(probabilities[0, 0, 0], weights)
    assert torch.allclose(context[0, 0, 0], torch.stack([10 * weights[0], 20 * weights[1]]))


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
def test_what_is_masked_does_not_matter(tiny_config, attention):
    layer = BertSelfAttention(tiny_config).eval()
    states = torch.randn(2, 5, 24)
    attended = torch.tensor([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]]).bool()
    mask = mask_for(attention, attended, states)
    kernel = partial(sdpa_attention, mask=mask, causal=False) if attention == "sdpa" else None
    plan = AttentionPlan(mask=mask, kernel=kernel)
    changed = states.clone()
    changed[0, 3:] = 100.0
    before, after = layer(states, plan), layer(changed, plan)
    assert torch.equal(before[0, :3], after[0, :3])


def test_probabilities_sum_to_one_and_skip_padding(tiny_config):
    layer = BertSelfAttention(tiny_config).eval()
    states = torch.randn(1, 4, 24)
    mask = mask_for("eager", torch.tensor([[1, 0, 1, 1]]).bool(), states)
    plan = AttentionPlan(mask=mask, probabilities={})
    layer(states, plan)
    probabilities = plan.probabilities[0]
    assert torch.allclose(probabilities.sum(-1), torch.ones(1, 3, 4))
    assert not probabilities[..., 1].any()


def test_a_head_count_that_does_not_divide():
    config = BertConfig(hidden_size=24, num_attention_heads=5)
    with pytest.raises(
        ValueError, match="hidden_size 24 does not divide into num_attention_heads 5"
    ):
        BertSelfAttention(config)


@pytest.mark.parametrize("attended", [None, torch.ones(2, 3).bool()])
@pytest.mark.parametrize("attention", ["eager", "sdpa"])
def test_no_mask_where_nothing_is_hidden(attended, attention):
    assert mask_for(attention, attended, LIKE) is None


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
def test_the_eager_mask_is_added_in_the_states_dtype(dtype):
    mask = mask_for("eager", torch.tensor([[1, 1, 0], [1, 1, 1]]).bool(), LIKE.to(dtype))
    lowest = torch.finfo(dtype).min
    assert mask.dtype == dtype
    assert mask[:, 0, 0].tolist() == [[0, 0, lowest], [0, 0, 0]]


def test_the_sdpa_mask_is_what_may_be_looked_at():
    mask = mask_for("sdpa", torch.tensor([[1, 1, 0], [1, 1, 1]]).bool(), LIKE)
    assert mask[:, 0, 0].tolist() == [[True, True, False], [True, True, True]]


def test_causal_masks():
    lower = [[True, False, False], [True, True, False], [True, True, True]]
    attended = torch.tensor([[0, 1, 1], [1, 1, 1]]).bool()
    assert (mask_for("eager", None, LIKE, causal_past=0)[0, 0] == 0).tolist() == lower
    assert mask_for("sdpa", None, LIKE, causal_past=0) is None  # the kernel's own switch
    padded = mask_for("sdpa", attended, LIKE, causal_past=0)
    assert padded[1, 0].tolist() == lower
    assert padded[0, 0].tolist() == [[False, row[1], row[2]] for row in lower]


def test_causal_masks_with_a_past():
    mask = mask_for("sdpa", None, LIKE, causal_past=2)
    assert mask[0, 0].int().tolist() == [[1, 1, 1, 0, 0], [1, 1, 1, 1, 0], [1, 1, 1, 1, 1]]
    assert mask_for("sdpa", None, LIKE[:, :1], causal_past=2) is None


def test_a_cache_grows_and_an_encoders_does_not(tiny_config):
    tiny_config.is_decoder = True
    cache = KeyValueCache()
    own, cross = BertSelfAttention(tiny_config), BertCrossAttention(tiny_config)
    assert cache.length == 0
    for length in (1, 2):
        own(torch.randn(2, 1, 24), AttentionPlan(cache=cache))
        plan = CrossAttentionPlan(source=torch.randn(2, 7, 24), cache=cache)
        cross(torch.randn(2, 1, 24), plan)
        assert cache.length == length
        assert cache.encoder[0][0].shape == (2, 3, 7, 8)
