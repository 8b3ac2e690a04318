"""Weights that are kept in other ways: joined, turned, cut, parametrized."""

import math

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import parametrizations, parametrize

from parity import Stage
from tests.parity.strangers.variants.parts import (
    LAYER,
    LINEARS,
    QKV,
    Embed,
    Model,
    join,
    linear,
    masked,
    projected,
    scored,
    split,
    structural,
    without,
)

OTHERS = ("o", "up", "down")


def attended(layer, q, k, v, mask):
    return join(layer.da(scored(q, k, mask).softmax(-1)) @ v)


def fused(order, layout):
    """Query, key and value in one linear: each whole, or those of each head or number together."""
    axes = {"whole": (3, 4, -1), "heads": (4, 3, -1), "numbers": (4, -1, 3)}[layout]
    place = axes.index(3)

    def added(layer, given):
        three = [torch.stack([given(name)[part] for name in order]) for part in (0, 1)]
        three = [each.unflatten(1, (layer.heads, -1)).movedim(0, place) for each in three]
        layer.qkv = linear(*(each.flatten(0, 2) for each in three))

    def part(made, name):
        return made.unflatten(-1, axes).select(made.dim() - 1 + place, order.index(name))

    def attention(layer, x, mask):
        made = layer.qkv(x)
        return attended(layer, *(part(made, name).transpose(1, 2) for name in "qkv"), mask)

    stages = {
        LAYER + LINEARS[name]: Stage(
            "layers.{i}.qkv",
            take=lambda made, name=name: part(made, name).flatten(-2),
            put=lambda made, new, name=name: part(made, name).copy_(new.unflatten(-1, (4, -1))),
        )
        for name in "qkv"
    }
    stages = without(*QKV) | stages
    return {"attend": attention, "added": added, "linears": OTHERS, "stages": stages}


structural("fused q, k, v", **fused("qkv", "whole"))
structural("fused v, k, q", **fused("vkq", "whole"))
structural("fused, q, k and v of each head together", **fused("qkv", "heads"))
structural("fused, q, k and v of each number together", **fused("qkv", "numbers"))


def key_and_value(layer, x, mask):
    k, v = (split(each, layer.heads) for each in layer.kv(x).chunk(2, -1))
    return attended(layer, split(layer.q(x), layer.heads), k, v, mask)


def join_key_and_value(layer, given):
    layer.kv = linear(*(torch.cat([given(name)[part] for name in "kv"]) for part in (0, 1)))


structural(
    "key and value in one linear",
    without(*QKV[1:]),
    attend=key_and_value,
    linears=("q", *OTHERS),
    added=join_key_and_value,
)


class Kept(nn.Module):
    """Keeps a weight and a bias, as `keep` makes them."""

    def __init__(self, weight, bias):
        super().__init__()
        self.weight = nn.Parameter(self.keep(weight).clone(memory_format=torch.contiguous_format))
        self.bias = nn.Parameter(bias.clone())

    @staticmethod
    def keep(weight):
        return weight


class AsConv1d(Kept):
    keep = staticmethod(lambda weight: weight[..., None])

    def forward(self, x):
        made = F.conv1d(x.flatten(0, -2)[..., None], self.weight, self.bias)[..., 0]
        return made.unflatten(0, x.shape[:-1])


class Turned(Kept):
    keep = staticmethod(lambda weight: weight.T)

    def forward(self, x):
        return x @ self.weight + self.bias


class ByAddmm(Turned):
    def forward(self, x):
        made = torch.addmm(self.bias, x.flatten(0, -2), self.weight)
        return made.unflatten(0, x.shape[:-1])


class ByEinsum(Turned):
    def forward(self, x):
        return torch.einsum("...i,io->...o", x, self.weight) + self.bias


class InOneMatrix(nn.Module):
    """A one is appended to the input."""

    def __init__(self, weight, bias):
        super().__init__()
        self.both = nn.Parameter(torch.cat([weight, bias[:, None]], 1))

    def forward(self, x):
        return torch.cat([x, torch.ones_like(x[..., :1])], -1) @ self.both.T


class LinearBackward(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, weight, bias):
        ctx.save_for_backward(x, weight)
        return x @ weight.T + bias

    @staticmethod
    def backward(ctx, g):
        x, weight = ctx.saved_tensors
        rows = g.flatten(0, -2)
        return g @ weight, rows.T @ x.flatten(0, -2), rows.sum(0)


class WithBackward(Kept):
    def forward(self, x):
        return LinearBackward.apply(x, self.weight, self.bias)


class InColumns(nn.Module):
    def __init__(self, weight, bias):
        super().__init__()
        self.left, self.right = (nn.Parameter(each.clone()) for each in weight.chunk(2, 1))
        self.bias = nn.Parameter(bias.clone())

    def forward(self, x):
        left, right = x.split([self.left.shape[1], self.right.shape[1]], -1)
        return F.linear(left, self.left) + F.linear(right, self.right, self.bias)


class InRows(nn.Module):
    def __init__(self, weight, bias):
        super().__init__()
        both = zip(weight.chunk(3), bias.chunk(3), strict=True)
        self.parts = nn.ModuleList(linear(*each) for each in both)

    def forward(self, x):
        return torch.cat([each(x) for each in self.parts], -1)


class HalfFrozen(nn.Module):
    def __init__(self, weight, bias):
        super().__init__()
        self.register_buffer("frozen", weight.double() / 2)
        self.weight, self.bias = nn.Parameter(weight.double() / 2), nn.Parameter(bias.clone())

    def forward(self, x):
        return F.linear(x, self.frozen + self.weight, self.bias)


class ByParts(nn.Module):
    """A linear that is called with a third of the tokens at a time."""

    def __init__(self, weight, bias):
        super().__init__()
        self.inner = linear(weight, bias)

    def forward(self, x):
        if x.dim() == 2:
            return self.inner(x)
        return torch.cat([self.inner(each) for each in x.split(-(-x.shape[1] // 3), 1)], 1)


for name, kind in {
    "linears as convolutions": AsConv1d,
    "weights (in, out)": Turned,
    "linears by addmm of rows": ByAddmm,
    "linears by einsum": ByEinsum,
    "weight and bias in one matrix": InOneMatrix,
    "linears with a backward of their own": WithBackward,
    "linears in halves of the columns": InColumns,
    "linears in thirds of the rows": InRows,
    "half of each weight frozen": HalfFrozen,
}.items():
    structural(name, linear=kind)
INNER = {LAYER + LINEARS[name]: f"layers.{{i}}.{name}.inner" for name in LINEARS}
structural("linears called with thirds of the tokens", without() | INNER, linear=ByParts)


def parametrized(*made):
    """Linears whose weight is a function of a parameter."""

    def kind(weight, bias):
        layer = linear(weight.double(), bias.double())
        for each in made:
            parametrize.register_parametrization(layer, "weight", each(layer), unsafe=True)
        return layer

    return kind


class Transposition(nn.Module):
    def __init__(self, _layer):
        super().__init__()

    def forward(self, weight):
        return weight.T

    def right_inverse(self, weight):
        return weight.T.contiguous()


class LowRank(nn.Module):
    """An update of rank two, which is zero as long as nothing was learned."""

    def __init__(self, layer):
        super().__init__()
        out, width = layer.weight.shape
        self.down = nn.Parameter(torch.ones(2, width, dtype=torch.float64))
        self.up = nn.Parameter(torch.zeros(out, 2, dtype=torch.float64))

    def forward(self, weight):
        return weight + self.up @ self.down


class SwitchedOff(nn.Module):
    """A quantization that is switched off."""

    def __init__(self, _layer):
        super().__init__()
        self.on = False

    def forward(self, weight):
        return weight.round() if self.on else weight


class FixedNorm(nn.Module):
    """The weight has the Frobenius norm that it had, whatever the parameter's is."""

    def __init__(self, layer):
        super().__init__()
        self.register_buffer("norm", layer.weight.detach().norm())

    def forward(self, weight):
        return weight * (self.norm / weight.norm())


def weight_norm(weight, bias):
    return parametrizations.weight_norm(linear(weight.double(), bias.double()))


def old_weight_norm(weight, bias):
    return nn.utils.weight_norm(linear(weight.double(), bias.double()))


class OwnWeightNorm(Kept):
    """Direction and length by hand."""

    def __init__(self, weight, bias):
        super().__init__(weight.double(), bias)
        self.length = nn.Parameter(self.weight.detach().norm(dim=1, keepdim=True))

    def forward(self, x):
        return F.linear(x, self.length * F.normalize(self.weight, dim=1), self.bias)


def spectral_norm(weight, bias):
    """Spectral normalization, and the norm that the weight had."""
    layer = linear(weight.double(), bias.double())
    parametrizations.spectral_norm(layer, n_power_iterations=1)
    layer.eval()
    wanted = weight.double()
    scale = float((wanted * layer.weight).sum() / layer.weight.square().sum())
    parametrize.register_parametrization(layer, "weight", Scaled(scale))
    return layer


class Scaled(nn.Module):
    def __init__(self, by):
        super().__init__()
        self.by = by

    def forward(self, weight):
        return weight * self.by

    def right_inverse(self, weight):
        return weight / self.by


for name, kind in {
    "parametrized by a transposition": parametrized(Transposition),
    "parametrized by an update of low rank": parametrized(LowRank),
    "parametrized by a quantization that is off": parametrized(SwitchedOff),
    "parametrized by a fixed norm": parametrized(FixedNorm),
    "parametrized twice": parametrized(LowRank, FixedNorm),
    "weight_norm": weight_norm,
    "weight_norm of older versions": old_weight_norm,
    "weight normalization by hand": OwnWeightNorm,
}.items():
    structural(name, linear=kind)
structural("spectral_norm", linear=spectral_norm, drop=lambda p: nn.Identity())


class ParametrizedTable(Embed):
    """The words' table has a fixed norm, too."""

    def __init__(self, weights, c):
        super().__init__(weights, c)
        self.words.to(torch.float64)
        parametrize.register_parametrization(self.words, "weight", FixedNorm(self.words))


structural("the words' table parametrized", embed=ParametrizedTable)


class TiedByParametrization(nn.Module):
    """A weight that is another module's."""

    def __init__(self, source):
        super().__init__()
        self.source = [source]

    def forward(self, _weight):
        return self.source[0].weight


class DecoderTied(Model):
    def __init__(self, weights, c):
        super().__init__(weights, c)
        self.decoder = nn.Linear(c.width, len(self.embed.words.weight), bias=False)
        tied = TiedByParametrization(self.embed.words)
        parametrize.register_parametrization(self.decoder, "weight", tied, unsafe=True)

    def words(self):
        return self.decoder.weight


structural("the decoder tied by a parametrization", model=DecoderTied)


def scale_in_the_weight(layer, given):
    layer.q = linear(
        *(each.double() / math.sqrt(layer.c.width // layer.heads) for each in given("q"))
    )


def unscaled(layer, x, mask):
    q, k, v = projected(layer, x)
    return join(layer.da(masked(q @ k.mT, mask).softmax(-1)) @ v)


def other_units(layer, given):
    """The feed-forward units in another order."""
    order = torch.randperm(len(given("up")[1]), generator=torch.Generator().manual_seed(0))
    layer.up = linear(*(each[order] for each in given("up")))
    layer.down = linear(given("down")[0][:, order], given("down")[1])


structural(
    "the scale in the query's weight",
    without("self.query"),
    added=scale_in_the_weight,
    attend=unscaled,
)
structural(
    "feed-forward units in another order",
    without("intermediate.dense", "intermediate"),
    added=other_units,
)
