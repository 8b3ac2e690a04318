"""Hypothesis draws small models, weights and batches; each equals the reference, bit for bit."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from parity import reference
from tests.models import adversarial_
from tests.reference.assertions import assert_bit_equal
from tests.reference.sides import pair, steps

# docs/reference_versions.md, "scores" and "heads of one dimension"
HEAD_DIMS = st.sampled_from([4, 16]) if reference.BEFORE_5 else st.integers(1, 9)


@st.composite
def configs(draw):
    heads = draw(st.integers(1, 4))
    return {
        "vocab_size": draw(st.integers(2, 40)),
        "hidden_size": heads * draw(HEAD_DIMS),
        "num_hidden_layers": draw(st.integers(1, 3)),
        "num_attention_heads": heads,
        "intermediate_size": draw(st.integers(1, 40)),
        "max_position_embeddings": draw(st.integers(1, 12)),
        "type_vocab_size": draw(st.integers(1, 3)),
        "layer_norm_eps": draw(st.sampled_from([1e-12, 1e-5])),
        "hidden_dropout_prob": draw(st.sampled_from([0.0, 0.1, 0.5])),
        "attention_probs_dropout_prob": draw(st.sampled_from([0.0, 0.1, 0.5])),
    }


@st.composite
def batches(draw, config):
    batch = draw(st.integers(1, 4))
    seq = draw(st.integers(1, config["max_position_embeddings"]))

    def rows(low, high):
        row = st.lists(st.integers(low, high), min_size=seq, max_size=seq)
        return torch.tensor(draw(st.lists(row, min_size=batch, max_size=batch)))

    inputs = {"input_ids": rows(0, config["vocab_size"] - 1)}
    if draw(st.booleans()):
        inputs["attention_mask"] = rows(0, 1)
        # A row that may look at nothing has no defined answer; the design never judges one.
        inputs["attention_mask"][:, draw(st.integers(0, seq - 1))] = 1
    if draw(st.booleans()):
        inputs["token_type_ids"] = rows(0, config["type_vocab_size"] - 1)
    if draw(st.booleans()):
        inputs["position_ids"] = rows(0, config["max_position_embeddings"] - 1)
    return inputs


@pytest.mark.sample(1)
@pytest.mark.parametrize("attention", ["eager", "sdpa"])
@given(data=st.data())
def test_any_small_bert(attention, data):
    """Slow: 60 models, each built, run and gone back through on both sides."""
    config = data.draw(configs(), label="config")
    inputs = data.draw(batches(config), label="batch")
    dtype = data.draw(st.sampled_from([torch.float32, torch.float64, torch.bfloat16]))
    train = data.draw(st.booleans(), label="train")
    ours, theirs = pair("BertModel", attention, **config)
    adversarial_(ours, seed=data.draw(st.integers(0, 99), label="weights"))
    theirs.load_state_dict(ours.state_dict())
    models = [model.to(dtype).train(train) for model in (ours, theirs)]
    assert_bit_equal(steps(models, inputs, attention))
