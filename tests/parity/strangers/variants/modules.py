"""Norms, activations, tables and dropout in other ways."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from tests.parity.strangers.variants.parts import TABLES, Embed, Model, structural, variant, without


class HandNorm(nn.Module):
    def __init__(self, weight, bias, eps):
        super().__init__()
        self.g, self.b, self.eps = nn.Parameter(weight.clone()), nn.Parameter(bias.clone()), eps

    def forward(self, x):
        y = x - x.mean(-1, keepdim=True)
        return y / (y.square().mean(-1, keepdim=True) + self.eps).sqrt() * self.g + self.b


class VarMean(HandNorm):
    def forward(self, x):
        var, mean = torch.var_mean(x, -1, unbiased=False, keepdim=True)
        return torch.addcmul(self.b, (x - mean) * (var + self.eps).rsqrt(), self.g)


class ByBatchNorm(HandNorm):
    def forward(self, x):
        rows = x.reshape(1, -1, x.shape[-1])
        made = F.batch_norm(rows, None, None, training=True, eps=self.eps)
        return made.view_as(x) * self.g + self.b


class ByGroupNorm(HandNorm):
    def forward(self, x):
        rows = x.reshape(-1, x.shape[-1])
        return F.group_norm(rows, 1, self.g, self.b, self.eps).view_as(x)


class ByInstanceNorm(HandNorm):
    def forward(self, x):
        made = F.instance_norm(x.reshape(1, -1, x.shape[-1]), eps=self.eps)
        return made.view_as(x) * self.g + self.b


class ByMatrix(HandNorm):
    """Centered by a matrix; the length is a norm."""

    def forward(self, x):
        n = x.shape[-1]
        y = x @ (torch.eye(n, dtype=x.dtype) - 1 / n)
        length = torch.linalg.vector_norm(y, dim=-1, keepdim=True) / math.sqrt(n)
        return y / torch.hypot(length, x.new_tensor(math.sqrt(self.eps))) * self.g + self.b


class GainAboveOne(HandNorm):
    def __init__(self, weight, bias, eps):
        super().__init__(weight.double() - 1, bias, eps)

    def forward(self, x):
        return F.layer_norm(x, x.shape[-1:], None, None, self.eps) * (1 + self.g) + self.b


class NormFunction(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, g, b, eps):
        y = x - x.mean(-1, keepdim=True)
        r = (y.square().mean(-1, keepdim=True) + eps).rsqrt()
        ctx.save_for_backward(y * r, r, g)
        return y * r * g + b

    @staticmethod
    def backward(ctx, d):
        n, r, g = ctx.saved_tensors
        dn = d * g
        dx = r * (dn - dn.mean(-1, keepdim=True) - n * (dn * n).mean(-1, keepdim=True))
        return dx, (d * n).flatten(0, -2).sum(0), d.flatten(0, -2).sum(0), None


class OwnNorm(HandNorm):
    def forward(self, x):
        return NormFunction.apply(x, self.g, self.b, self.eps)


class NormInPlace(HandNorm):
    def forward(self, x):
        y = x - x.mean(-1, keepdim=True)
        y = y / (y.square().mean(-1, keepdim=True) + self.eps).sqrt() * self.g
        y += self.b
        return y


class ByConvolution(nn.Module):
    """The gain and the bias are a convolution in groups."""

    def __init__(self, weight, bias, eps):
        super().__init__()
        n = len(weight)
        self.norm = nn.LayerNorm(n, eps=eps, elementwise_affine=False)
        self.conv = nn.Conv1d(n, n, 1, groups=n, dtype=weight.dtype)
        self.conv.weight = nn.Parameter(weight[:, None, None].clone())
        self.conv.bias = nn.Parameter(bias.clone())

    def forward(self, x):
        return self.conv(self.norm(x).reshape(-1, x.shape[-1], 1)).view_as(x)


variant("LayerNorm by hand", norm=HandNorm)
variant("LayerNorm by var_mean and addcmul", norm=VarMean)
variant("LayerNorm in place", norm=NormInPlace)
for name, kind in {
    "LayerNorm by batch_norm": ByBatchNorm,
    "LayerNorm by group_norm": ByGroupNorm,
    "LayerNorm by instance_norm": ByInstanceNorm,
    "LayerNorm by a matrix and a norm": ByMatrix,
    "LayerNorm's gain kept as what is above one": GainAboveOne,
    "LayerNorm with a backward of its own": OwnNorm,
    "LayerNorm's gain as a convolution": ByConvolution,
}.items():
    structural(name, norm=kind)


class GeluFunction(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * torch.special.ndtr(x)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        density = (-x * x / 2).exp() / math.sqrt(2 * math.pi)
        return g * (torch.special.ndtr(x) + x * density)


def partly_in_place(x):
    return torch.erf(x / math.sqrt(2)).add_(1).mul_(0.5).mul(x)


def by_expm1(x):
    made = torch.expm1(2 * x.clamp(-30, 30))
    return made / (made + 2)


variant("GELU by erf", act=lambda x: x * 0.5 * (1 + torch.erf(x / math.sqrt(2))))
variant("GELU by erfc", act=lambda x: x * torch.special.erfc(-x / math.sqrt(2)) / 2)
variant("GELU by ndtr", act=lambda x: x * torch.special.ndtr(x))
variant("GELU partly in place", act=partly_in_place)
variant("tanh by sigmoid", tanh=lambda x: 2 * torch.sigmoid(2 * x) - 1)
variant("tanh by expm1", tanh=by_expm1)
structural("GELU with a backward of its own", act=GeluFunction.apply)
structural(
    "GELU in chunks of the width",
    act=lambda x: torch.cat([F.gelu(chunk) for chunk in x.chunk(4, -1)], -1),
)


class InPlaceSum(Embed):
    def sum(self, ids, kinds, places):
        x = self.words(ids)
        x += self.places(places)
        x += self.kinds(kinds)
        return x


class StackedSum(Embed):
    def sum(self, ids, kinds, places):
        places = self.places(places).expand(*ids.shape, -1)
        return torch.stack([self.words(ids), self.kinds(kinds), places]).sum(0)


class PlacesOfEachRow(Embed):
    def sum(self, ids, kinds, places):
        return self.words(ids) + self.kinds(kinds) + self.places(places.expand_as(ids))


class RowByRow(Embed):
    """The words' table is asked for one row of the batch at a time."""

    def sum(self, ids, kinds, places):
        words = torch.stack([self.words(row) for row in ids])
        return words + self.kinds(kinds) + self.places(places[0])


class EachTokenAlone(Embed):
    def sum(self, ids, kinds, places):
        words = [torch.stack([self.words(token) for token in row]) for row in ids]
        return torch.stack(words) + self.kinds(kinds) + self.places(places)


class OneTable(Embed):
    """Words, positions and segments in one table."""

    def __init__(self, weights, c):
        super().__init__(weights, c)
        parts = [self._modules.pop(name).weight.data for name in ("words", "places", "kinds")]
        self.sizes = [len(each) for each in parts]
        self.all = nn.Embedding.from_pretrained(torch.cat(parts), freeze=False, padding_idx=0)

    def sum(self, ids, kinds, places):
        a, b, _ = self.sizes
        if int(places.max()) >= b:
            raise IndexError("there is no such position")
        return self.all(torch.stack([ids, places.expand_as(ids) + a, kinds + a + b], -1)).sum(-2)


class OneTableModel(Model):
    def words(self):
        return self.embed.all.weight[: self.embed.sizes[0]]


class BareTables(Embed):
    def __init__(self, weights, c):
        super().__init__(weights, c)
        three = [self._modules.pop(name).weight.data for name in ("words", "places", "kinds")]
        self.w, self.p, self.k = (nn.Parameter(each.clone()) for each in three)

    def pick(self, table, ids):
        return table[ids]

    def sum(self, ids, kinds, places):
        words = torch.cat([self.w[:1].detach(), self.w[1:]])  # [PAD]'s row does not learn
        return self.pick(words, ids) + self.pick(self.k, kinds) + self.pick(self.p, places)


class OneHot(BareTables):
    def pick(self, table, ids):
        return F.one_hot(ids, len(table)).to(table.dtype) @ table


class Selected(BareTables):
    def pick(self, table, ids):
        return table.index_select(0, ids.flatten()).unflatten(0, ids.shape)


class Gathered(BareTables):
    def pick(self, table, ids):
        rows = ids.reshape(-1, 1).expand(-1, table.shape[1])
        return table.gather(0, rows).unflatten(0, ids.shape)


class BareModel(Model):
    def words(self):
        return self.embed.w


class FirstSegmentFolded(Embed):
    """The positions have the first segment's row in them."""

    def __init__(self, weights, c):
        super().__init__(weights, c)
        kinds = self._modules.pop("kinds").weight.data.double()
        places = self.places.weight.data.double() + kinds[0]
        self.places = nn.Embedding.from_pretrained(places, freeze=False)
        self.more = nn.Parameter(kinds[1] - kinds[0])

    def sum(self, ids, kinds, places):
        return self.words(ids) + self.places(places) + kinds[..., None].to(self.more) * self.more


class KindsByWhere(Embed):
    def sum(self, ids, kinds, places):
        first, second = self.kinds.weight
        return (
            self.words(ids)
            + self.places(places)
            + torch.where(kinds[..., None] == 1, second, first)
        )


class EachWordOnce(Embed):
    def sum(self, ids, kinds, places):
        some, back = ids.unique(return_inverse=True)
        return self.words(some)[back] + self.kinds(kinds) + self.places(places)


class PadDetached(Embed):
    def sum(self, ids, kinds, places):
        x = F.embedding(ids, self.words.weight)
        x = torch.where((ids == 0)[..., None], x.detach(), x)
        return x + self.kinds(kinds) + self.places(places)


NO_TABLES = without(*TABLES)
variant("embeddings stacked and summed", embed=StackedSum)
structural("embeddings added in place", embed=InPlaceSum)
structural("positions of each row", without("position_embeddings"), embed=PlacesOfEachRow)
structural("words row by row, positions without a batch", embed=RowByRow)
structural("each token's embedding alone", embed=EachTokenAlone)
structural("one table for all embeddings", NO_TABLES, embed=OneTable, model=OneTableModel)
structural("tables as bare parameters", NO_TABLES, embed=BareTables, model=BareModel)
structural("one-hot vectors times tables", NO_TABLES, embed=OneHot, model=BareModel)
structural("tables by index_select", NO_TABLES, embed=Selected, model=BareModel)
structural("tables by gather", NO_TABLES, embed=Gathered, model=BareModel)
structural("the first segment in the positions", NO_TABLES, embed=FirstSegmentFolded)
structural("segments by where", NO_TABLES, embed=KindsByWhere)
structural("each word looked up once", without("word_embeddings"), embed=EachWordOnce)
structural("no padding_idx, [PAD] detached", NO_TABLES, embed=PadDetached)


class OwnDropout(nn.Module):
    def __init__(self, p):
        super().__init__()
        self.p = p

    def forward(self, x):
        return x * self.keep(x) / (1 - self.p) if self.training and self.p else x

    def keep(self, x):
        return torch.bernoulli(torch.full_like(x, 1 - self.p))


class ByRand(OwnDropout):
    def keep(self, x):
        return torch.rand_like(x).ge(self.p)


class ByGenerator(OwnDropout):
    def __init__(self, p):
        super().__init__(p)
        self.generator = torch.Generator().manual_seed(7)

    def keep(self, x):
        return (torch.rand(x.shape, generator=self.generator) >= self.p).to(x)


class FlatDropout(OwnDropout):
    def forward(self, x):
        return F.dropout(x.flatten(), self.p, self.training).view_as(x)


class NativeDropout(OwnDropout):
    def forward(self, x):
        return torch.native_dropout(x, self.p, True)[0] if self.training else x


class DropoutOfOnes(OwnDropout):
    def forward(self, x):
        return x * F.dropout(torch.ones_like(x), self.p, self.training)


class FunctionalDropout(OwnDropout):
    def forward(self, x):
        return F.dropout(x, self.p, self.training)


for name, kind in {
    "dropout by torch.bernoulli": OwnDropout,
    "dropout by rand_like": ByRand,
    "dropout by a generator of its own": ByGenerator,
    "dropout of the flattened tensor": FlatDropout,
    "native_dropout": NativeDropout,
    "dropout of ones, multiplied": DropoutOfOnes,
    "F.dropout": FunctionalDropout,
    "nn.Dropout in place": lambda p: nn.Dropout(p, inplace=True),
}.items():
    variant(name, drop=kind)
