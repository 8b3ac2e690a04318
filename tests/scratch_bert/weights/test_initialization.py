"""Fresh numbers: which distribution, and only where they are wanted."""

import pytest
import torch
from torch import nn

from scratch_bert import BertConfig, BertForMaskedLM, BertModel
from scratch_bert.weights.initialization import WithoutNumbers, init_weights
from tests.models import TINY, adversarial_


def test_distribution_of_fresh_weights():
    torch.manual_seed(0)
    model = BertForMaskedLM(BertConfig(**{**TINY, "hidden_size": 192}))
    for name, parameter in model.named_parameters():
        if name.endswith("LayerNorm.weight"):
            assert (parameter == 1).all(), name
        elif name.endswith("bias"):
            assert (parameter == 0).all(), name
        else:
            assert parameter.std().item() == pytest.approx(0.02, rel=0.2), name
    words = model.bert.embeddings.word_embeddings.weight
    assert (words[0] == 0).all()
    assert (words[1:] != 0).all()


def test_only_what_is_named_is_drawn():
    model = adversarial_(BertModel(BertConfig(**TINY)))
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    wanted = {"embeddings.word_embeddings.weight", "pooler.dense.bias"}
    init_weights(model, 0.02, {model.get_parameter(name) for name in wanted})
    changed = {n for n, t in model.state_dict().items() if not torch.equal(t, before[n])}
    assert changed == wanted


def test_without_numbers_nothing_is_drawn():
    state = torch.get_rng_state()
    with WithoutNumbers():
        model = BertModel(BertConfig(**TINY))
    assert all(parameter.is_meta for parameter in model.parameters())
    assert torch.equal(torch.get_rng_state(), state)
    assert not nn.Linear(2, 2).weight.is_meta
