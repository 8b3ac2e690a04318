"""The whole model: what it returns, and what it refuses."""

import copy
import pickle
import re

import pytest
import torch

from scratch_bert import BertConfig, BertForMaskedLM, BertModel
from scratch_bert.model.activations import ACTIVATIONS, activation
from tests.models import TINY

IDS = torch.arange(10).view(2, 5)


@pytest.fixture
def model(tiny_config):
    return BertModel(tiny_config).eval()


def test_outputs(model):
    output = model(IDS, output_hidden_states=True, output_attentions=True)
    assert output.last_hidden_state.shape == (2, 5, 24)
    assert output.pooler_output.shape == (2, 24)
    assert [tuple(states.shape) for states in output.hidden_states] == [(2, 5, 24)] * 3
    assert [tuple(p.shape) for p in output.attentions] == [(2, 3, 5, 5)] * 2
    assert output.hidden_states[-1] is output.last_hidden_state
    assert output.past_key_values is None


def test_nothing_is_collected_unasked(model):
    output = model(IDS)
    assert output.hidden_states is output.attentions is output.cross_attentions is None


def test_attentions_are_shown_by_the_eager_attention(model):
    """HF's sdpa returns an empty tuple; here the question is answered, or refused."""
    assert model(IDS, output_attentions=True).attentions[0] is not None
    with pytest.raises(ValueError, match="output_attentions needs attention='eager'"):
        model(IDS, output_attentions=True, attention="sdpa")


def test_without_a_pooler(tiny_config):
    assert BertModel(tiny_config, add_pooling_layer=False)(IDS).pooler_output is None


@pytest.mark.usefixtures("unchecked_shapes")
@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (
            {"attention_mask": torch.zeros(2, 5)},
            "attention_mask is torch.float32, expected integers or booleans: 1 where a token may "
            "be looked at, 0 for padding",
        ),
        ({"attention_mask": torch.ones(2, 4)}, "attention_mask has shape (2, 4), expected (2, 5)"),
        (
            {"attention_mask": torch.ones(2, 1, 1, 5)},
            "attention_mask has shape (2, 1, 1, 5), expected (2, 5)",
        ),
        ({"attention": "flash"}, "attention is 'flash', expected 'eager', 'sdpa' or 'packed'"),
        (
            {"encoder_hidden_states": torch.ones(2, 3, 24)},
            "encoder_hidden_states needs add_cross_attention in the config",
        ),
    ],
)
def test_what_does_not_fit_is_named(model, inputs, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        model(IDS, **inputs)


@pytest.mark.usefixtures("unchecked_shapes")
@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (
            {"encoder_hidden_states": torch.ones(2, 3, 23)},
            "encoder_hidden_states has shape (2, 3, 23), expected (2, 3, 24)",
        ),
        (
            {"encoder_hidden_states": torch.ones(1, 3, 24)},
            "encoder_hidden_states has shape (1, 3, 24), expected (2, 3, 24)",
        ),
        (
            {
                "encoder_hidden_states": torch.ones(2, 3, 24),
                "encoder_attention_mask": torch.ones(2, 5),
            },
            "encoder_attention_mask has shape (2, 5), expected (2, 3)",
        ),
    ],
)
def test_what_a_decoder_cannot_look_at(inputs, message):
    config = BertConfig(**TINY, is_decoder=True, add_cross_attention=True)
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        BertModel(config)(IDS, **inputs)


def test_cross_attention_belongs_to_decoders():
    with pytest.raises(ValueError, match="add_cross_attention is set, so is_decoder must be too"):
        BertModel(BertConfig(**TINY, add_cross_attention=True))


def test_an_unknown_activation():
    with pytest.raises(ValueError, match="hidden_act is 'gleu', expected one of gelu, gelu_10"):
        BertModel(BertConfig(**TINY, hidden_act="gleu"))
    assert all(activation(name) is function for name, function in ACTIVATIONS.items())


def test_a_model_can_be_pickled_and_copied(tiny_config):
    model = BertForMaskedLM(tiny_config).eval()
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):  # noqa: S301
        assert torch.equal(twin(IDS).logits, model(IDS).logits)
        assert twin.cls["predictions"].decoder.weight is twin.bert.embeddings.word_embeddings.weight


def test_shapes_are_checked_while_the_tests_run(model):
    """The other tests rely on it, so it is shown to work."""
    from jaxtyping import TypeCheckError

    with pytest.raises(TypeCheckError):
        model.pooler(torch.zeros(2, 24))
