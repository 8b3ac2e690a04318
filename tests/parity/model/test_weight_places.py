"""Weights found in parameters of any layout, and their gradients brought back."""

import pytest
import torch
from torch import nn

from parity.model.weight_places import gathered, places_of

HEADS, WIDTH = 3, 4
HIDDEN = HEADS * WIDTH


@pytest.fixture
def weights():
    draw = torch.Generator().manual_seed(0)
    shapes = {"q": (HIDDEN, HIDDEN), "k": (HIDDEN, HIDDEN), "v": (HIDDEN, HIDDEN)}
    shapes |= {f"{name}.bias": (HIDDEN,) for name in "qkv"}
    return {name: torch.randn(shape, generator=draw) for name, shape in shapes.items()}


class Holds(nn.Module):
    """Parameters with gradients that are twice their numbers."""

    def __init__(self, *tensors, dtype=torch.float64):
        super().__init__()
        self.cached = nn.ParameterList([tensor.clone().to(dtype) for tensor in tensors])

    def backward(self):
        sum((parameter**2).sum() for parameter in self.cached).backward()


def gradients(model, weights):
    found = {}
    with gathered(places_of(model, weights), found.__setitem__):
        model.backward()
    assert all(parameter.grad is None for parameter in model.parameters()) or not found
    return found


def heads(weight):
    return weight.view(HEADS, WIDTH, HIDDEN)


@pytest.mark.parametrize(
    ("kept", "names"),
    [
        (lambda w: [w["q"], w["k"]], ["q", "k"]),
        (lambda w: [w["q"].T, w["q.bias"]], ["q", "q.bias"]),
        (lambda w: [torch.cat([w["q"], w["k"], w["v"]])], ["q", "k", "v"]),
        (lambda w: [torch.cat([w["q"].T, w["k"].T], dim=1)], ["q", "k"]),
        (lambda w: [torch.cat([w["v.bias"], w["k.bias"]])], ["k.bias", "v.bias"]),
        (lambda w: [torch.stack([w["q.bias"], w["v.bias"]])], ["q.bias", "v.bias"]),
        (lambda w: [*w["q"].chunk(HEADS)], ["q"]),
        (lambda w: [*w["q"].chunk(HEADS, dim=1)], ["q"]),
        (lambda w: [*w["q.bias"].chunk(HEADS)], ["q.bias"]),
        (lambda w: [heads(w["q"])], ["q"]),
        (lambda w: [heads(w["q"]).permute(0, 2, 1)], ["q"]),
        (lambda w: [heads(w["q"]).permute(2, 0, 1)], ["q"]),
        (lambda w: [torch.cat([heads(w[n]) for n in "qkv"], dim=1).flatten(0, 1)], ["q", "k", "v"]),
        (lambda w: [w["q"][None], w["q.bias"][None, None]], ["q", "q.bias"]),
        (lambda w: [w["q"] + w["k"]], []),
        (lambda w: [w["q"][:-1]], []),
    ],
    ids=[
        "as they are", "transposed", "fused", "fused and transposed", "fused biases", "piled",
        "a head's rows", "a head's columns", "a head's biases", "three axes", "three axes, in last",
        "three axes, in first", "interleaved", "axes of one", "a sum", "a row less",
    ],
)  # fmt: skip
def test_layouts(kept, names, weights):
    found = gradients(Holds(*kept(weights)), weights)
    assert sorted(found) == sorted(names)
    for name in names:
        assert torch.equal(found[name], 2 * weights[name].double())


def test_a_weight_that_stands_twice_has_the_sum(weights):
    found = gradients(Holds(weights["q"], weights["q"].T), weights)
    assert torch.equal(found["q"], 4 * weights["q"].double())


def test_weights_that_cannot_be_told_apart_have_none(weights):
    weights["k"] = weights["q"].clone()
    assert gradients(Holds(weights["q"]), weights) == {}


def test_a_parameter_without_a_gradient(weights):
    model = Holds(weights["q"][:WIDTH], weights["q"][WIDTH:], weights["k"])
    model.cached[1].requires_grad_(False)
    model.cached[1].data.zero_()
    assert [*gradients(model, weights)] == ["k"]
