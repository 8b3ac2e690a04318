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
