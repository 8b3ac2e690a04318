import pytest
import torch

from scratch_bert import BertConfig, BertForPreTraining
from scratch_bert.training.optimizer import OriginalAdamW, parameter_groups
from tests.models import TINY


def test_what_decays():
    model = BertForPreTraining(BertConfig(**TINY))
    names = {parameter: name for name, parameter in model.named_parameters()}
    decays, stays = parameter_groups(model, 0.01)
    assert (decays["weight_decay"], stays["weight_decay"]) == (0.01, 0.0)
    assert len(decays["params"]) + len(stays["params"]) == len(names)
    assert all(
        names[each].endswith("bias") or "LayerNorm" in names[each] for each in stays["params"]
    )
    assert all(names[each].endswith("weight") for each in decays["params"])
    assert not any("LayerNorm" in names[each] for each in decays["params"])


def test_the_originals_steps():
    """As optimization.py there has them, in plain numbers."""
    weight, mean, square = 0.5, 0.0, 0.0
    parameter = torch.nn.Parameter(torch.tensor([weight], dtype=torch.float64))
    optimizer = OriginalAdamW([parameter], lr=0.1)
    for gradient in (0.3, -2.0, 1e-9, 0.0):
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient**2
        weight -= 0.1 * (mean / (square**0.5 + 1e-6) + 0.01 * weight)
        parameter.grad = torch.tensor([gradient], dtype=torch.float64)
        optimizer.step()
        assert parameter.item() == pytest.approx(weight, rel=1e-14)


def test_what_has_no_gradient_stays():
    parameter = torch.nn.Parameter(torch.ones(1))
    OriginalAdamW([parameter], lr=0.1).step()
    assert parameter.item() == 1


def test_lower_layers_learn_slowly():
    model = BertForPreTraining(BertConfig(**TINY))
    names = {parameter: name for name, parameter in model.named_parameters()}
    groups = parameter_groups(model, 0.01, layer_decay=0.5)
    assert len(groups) == 8
    shares = {names[each]: group["share"] for group in groups for each in group["params"]}
    assert len(shares) == len(names)
    assert shares["bert.embeddings.word_embeddings.weight"] == 0.125
    assert shares["bert.encoder.layer.0.output.LayerNorm.bias"] == 0.25
    assert shares["bert.encoder.layer.1.attention.self.query.weight"] == 0.5
    assert shares["bert.pooler.dense.weight"] == shares["cls.seq_relationship.bias"] == 1
    decays = {names[each]: group["weight_decay"] for group in groups for each in group["params"]}
    assert decays["bert.encoder.layer.0.output.LayerNorm.bias"] == 0
    assert decays["bert.encoder.layer.1.attention.self.query.weight"] == 0.01
