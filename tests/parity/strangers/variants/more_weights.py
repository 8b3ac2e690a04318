"""Weights of heads, parameters without modules, and models that are built in other ways."""

import copy
import math

import torch
import torch.nn.functional as F
from torch import nn

from tests.parity.strangers.variants.parts import (
    LINEARS,
    NORMS,
    OUTSIDE,
    QKV,
    SOFTMAX,
    STAGES,
    Adapter,
    Embed,
    Layer,
    Model,
    Top,
    join,
    linear,
    masked,
    projected,
    register,
    scored,
    split,
    structural,
    variant,
    without,
)


def heads_reversed(layer, given):
    """Heads from the last to the first, in storage; the output's columns, too."""
    order = torch.arange(layer.c.width).unflatten(0, (layer.heads, -1)).flip(0).flatten()
    for name in "qkv":
        setattr(layer, name, linear(*(each[order] for each in given(name))))
    layer.o = linear(given("o")[0][:, order], given("o")[1])


structural(
    "heads in the opposite order in storage",
    without(*SOFTMAX, *QKV, "attention.self"),
    added=heads_reversed,
)


def without_key_bias(layer, x, mask):
    q, v = split(layer.q(x), layer.heads), split(layer.v(x), layer.heads)
    k = split(F.linear(x, layer.k.weight), layer.heads)
    return join(layer.da(scored(q, k, mask).softmax(-1)) @ v)


def by_the_product(layer, x, mask):
    """Scores from the product of the query's and the key's weights."""
    wq, wk = (each.weight.unflatten(0, (layer.heads, -1)) for each in (layer.q, layer.k))
    bq, bk = (each.bias.unflatten(0, (layer.heads, -1)) for each in (layer.q, layer.k))
    s = torch.einsum("bqi,hdi,hdj,bkj->bhqk", x, wq, wk, x)
    s = s + torch.einsum("hd,hdj,bkj->bhk", bq, wk, x)[:, :, None]
    s = s + torch.einsum("hd,hdi,bqi->bhq", bk, wq, x)[..., None]
    s = (s + (bq * bk).sum(-1)[None, :, None, None]) / math.sqrt(wq.shape[1])
    return join(layer.da(masked(s, mask).softmax(-1)) @ split(layer.v(x), layer.heads))


structural(
    "no key bias, which the softmax does not see",
    without(*SOFTMAX, "self.key"),
    attend=without_key_bias,
)
structural("scores from a product of weights", without(*QKV[:2]), attend=by_the_product)


class HeadsAdded(Layer):
    """Each head has its part of the output's weights; the parts are added."""

    def first(self, x, mask):
        q, k, v = projected(self, x)
        context = self.da(scored(q, k, mask).softmax(-1)) @ v
        by_head = self.o.weight.unflatten(1, (self.heads, -1))
        made = torch.einsum("bhsd,ohd->bso", context, by_head) + self.o.bias
        return self.n1(self.d1(made) + x)


class HeadModules(Layer):
    def __init__(self, weights, i, c):
        super().__init__(weights, i, c)
        three = {name: self._modules.pop(name) for name in "qkv"}
        size = c.width // c.heads

        def rows(name, at):
            return (each.data[at : at + size] for each in (three[name].weight, three[name].bias))

        self.each = nn.ModuleList(
            nn.ModuleDict({name: linear(*rows(name, at)) for name in "qkv"})
            for at in range(0, c.width, size)
        )

    def first(self, x, mask):
        made, m = [], None if mask is None else mask[:, 0]
        for head in self.each:
            p = scored(head["q"](x), head["k"](x), m).softmax(-1)
            made.append(F.dropout(p, self.c.pa, self.training) @ head["v"](x))
        return self.n1(self.d1(self.o(torch.cat(made, -1))) + x)


class ThreeAxes(Layer):
    """Weights (hidden, heads, head_dim)."""

    def __init__(self, weights, i, c):
        super().__init__(weights, i, c)
        for name in "qkv":
            kept = self._modules.pop(name)
            weight = kept.weight.data.unflatten(0, (c.heads, -1)).permute(2, 0, 1).contiguous()
            setattr(self, f"{name}_weight", nn.Parameter(weight))
            setattr(self, f"{name}_bias", nn.Parameter(kept.bias.data.unflatten(0, (c.heads, -1))))

    def first(self, x, mask):
        q, k, v = (
            torch.einsum("bsi,ihd->bhsd", x, getattr(self, f"{name}_weight"))
            + getattr(self, f"{name}_bias")[:, None]
            for name in "qkv"
        )
        p = self.da(scored(q, k, mask).softmax(-1))
        return self.n1(self.d1(self.o(join(p @ v))) + x)


class PaddedHeads(Layer):
    """Heads are added by a linear that is called once for each."""

    def first(self, x, mask):
        q, k, v = projected(self, x)
        context = self.da(scored(q, k, mask).softmax(-1)) @ v
        made = -(self.heads - 1) * self.o.bias
        for h in range(self.heads):
            alone = torch.zeros_like(context)
            alone[:, h] = context[:, h]
            made = made + self.o(join(alone))
        return self.n1(self.d1(made) + x)


NO_CONTEXT = without("attention.self", "attention.output.dense")
structural("heads' outputs added", NO_CONTEXT, layer=HeadsAdded)
structural("a module for each head", without(*SOFTMAX, *QKV), layer=HeadModules)
structural("weights of three axes", without(*QKV), layer=ThreeAxes)
structural("one linear called for each head, its outputs added", layer=PaddedHeads)


class ParametersAlone(nn.Module):
    """No modules; a ParameterDict."""

    def __init__(self, weights, c):
        super().__init__()
        self.c = c
        kept = {name.replace(".", "/"): each for name, each in weights.items()}
        self.kept = nn.ParameterDict({name: each.clone() for name, each in kept.items()})

    def weight(self, name):
        return self.kept[name.replace(".", "/")]

    def linear(self, x, name):
        return F.linear(x, self.weight(f"{name}.weight"), self.weight(f"{name}.bias"))

    def norm(self, x, name):
        both = self.weight(f"{name}.weight"), self.weight(f"{name}.bias")
        return F.layer_norm(x, x.shape[-1:], *both, self.c.eps)

    def drop(self, x, p):
        return F.dropout(x, p, self.training)

    def table(self, kind):
        return self.weight(f"embeddings.{kind}_embeddings.weight")

    def forward(self, ids, mask=None, kinds=None, places=None):
        c = self.c
        ids, mask, kinds, places = Model.inputs(self, ids, mask, kinds, places)
        x = F.embedding(ids, self.table("word"), padding_idx=0)
        x = x + self.table("token_type")[kinds] + self.table("position")[places]
        x = self.drop(self.norm(x, "embeddings.LayerNorm"), c.p)
        for i in range(c.n):
            x = self.layer(x, mask, {n: f"encoder.layer.{i}.{at}" for n, at in ALL.items()})
        pooled = self.linear(x[:, 0], "pooler.dense").tanh()
        made = F.gelu(self.linear(x, "cls.predictions.transform.dense"))
        made = self.norm(made, "cls.predictions.transform.LayerNorm")
        words = made @ self.table("word").T + self.weight("cls.predictions.bias")
        return x, pooled, words, self.linear(pooled, "cls.seq_relationship")

    def layer(self, x, mask, at):
        q, k, v = (split(self.linear(x, at[name]), self.c.heads) for name in "qkv")
        made = join(self.drop(scored(q, k, mask).softmax(-1), self.c.pa) @ v)
        x = self.norm(self.drop(self.linear(made, at["o"]), self.c.p) + x, at["n1"])
        made = self.linear(F.gelu(self.linear(x, at["up"])), at["down"])
        return self.norm(self.drop(made, self.c.p) + x, at["n2"])


ALL = LINEARS | NORMS


class Stacked(ParametersAlone):
    """All layers' weights in tensors of one more axis."""

    def __init__(self, weights, c):
        super().__init__({n: each for n, each in weights.items() if ".layer." not in n}, c)
        for name in ALL.values():
            for part in ("weight", "bias"):
                each = [weights[f"encoder.layer.{i}.{name}.{part}"] for i in range(c.n)]
                self.kept[f"{name}.{part}".replace(".", "/")] = nn.Parameter(torch.stack(each))

    def weight(self, name):
        if not name.startswith("encoder.layer."):
            return super().weight(name)
        i, _, rest = name.removeprefix("encoder.layer.").partition(".")
        return super().weight(rest)[int(i)]


structural("no modules, a ParameterDict", {}, model=ParametersAlone)
structural("all layers' weights in one tensor each", {}, model=Stacked)


class OneLayerModule(Model):
    """One module, called with each layer's weights."""

    def __init__(self, weights, c):
        super().__init__(weights, c)
        self.kept = nn.ModuleList(self.layers)
        del self.layers
        self.one = [copy.deepcopy(self.kept[0])]

    def run(self, x, mask):
        one = self.one[0].train(self.training)
        for layer in self.kept:
            x = torch.func.functional_call(one, dict(layer.named_parameters()), (x, mask))
        return x


structural("one layer called with each layer's weights", OUTSIDE, model=OneLayerModule)


class Unsplit(Model):
    """One GELU for all layers, and named as the first layer's."""

    def __init__(self, weights, c):
        super().__init__(weights, c)
        self.gelu = nn.GELU()
        self.c.act = self.gelu


FIRST = {"encoder.layer.0.intermediate": "gelu", "encoder.layer.1": "layers.1"}
structural("one activation for all layers, named for one of them", FIRST, model=Unsplit)


class TiedTop(Top):
    def __init__(self, weights, c):
        super().__init__(weights, c)
        self.dec = nn.Linear(c.width, len(self.bias))
        self.dec.bias = self.bias

    def decode(self, x, words):
        return self.dec(x)


class TiedModel(Model):
    def __init__(self, weights, c):
        super().__init__(weights, c)
        self.top.dec.weight = self.embed.words.weight


class ChunkedTop(Top):
    def decode(self, x, words):
        return torch.cat([x @ each.T for each in words.split(50)], -1) + self.bias


class FoldedTop(Top):
    """The transform's gain and bias are multiplied into the decoder's matrix."""

    def forward(self, x, words):
        pooled = torch.tanh(self.pool(x[:, 0]))
        made = F.layer_norm(F.gelu(self.tr(x)), x.shape[-1:], None, None, self.c.eps)
        logits = made @ (words * self.tn.weight).T + (words @ self.tn.bias + self.bias)
        return x, pooled, logits, self.seq(pooled)


structural("one Parameter in two modules", model=TiedModel, top=TiedTop)
structural("the decoder in chunks of the vocabulary", top=ChunkedTop)
structural("the last LayerNorm folded into the decoder", without("transform"), top=FoldedTop)


class SparseTables(Embed):
    def __init__(self, weights, c):
        super().__init__(weights, c)
        self.kinds.sparse = self.places.sparse = True


class AllTablesSparse(SparseTables):
    def __init__(self, weights, c):
        super().__init__(weights, c)
        self.words.sparse = True


structural("sparse gradients of two tables", embed=SparseTables)
structural("sparse gradients of all tables, the decoder's dense", embed=AllTablesSparse)


@register("weights are not contiguous", structural=False)
class NotContiguous(Adapter):
    def build(self, config, weights):
        model = super().build(config, weights)
        for module in model.modules():
            if isinstance(module, nn.Linear):
                module.weight = nn.Parameter(module.weight.data.T.contiguous().T)
        return model


@register("all weights in one storage", structural=False)
class OneStorage(Adapter):
    def build(self, config, weights):
        model = super().build(config, weights)
        flat, at = torch.cat([each.data.flatten() for each in model.parameters()]), 0
        for each in model.parameters():
            each.data = flat[at : at + each.numel()].view_as(each)
            at += each.numel()
        return model


@register("weights as buffers")
class AsBuffers(Adapter):
    unsupported = ("gradients",)

    def build(self, config, weights):
        model = super().build(config, weights)
        for module in model.modules():
            for name in [name for name, each in module._parameters.items() if each is not None]:
                module.register_buffer(name, module._parameters.pop(name).data)
        return model


@register("DataParallel")
class Parallel(Adapter):
    stages = {name: f"module.{place}" for name, place in STAGES.items()}  # noqa: RUF012

    def build(self, config, weights):
        return nn.DataParallel(super().build(config, weights))


@register("parameters' hooks that copy the gradient", structural=False)
class CopiesGradients(Adapter):
    def build(self, config, weights):
        model = super().build(config, weights)
        for each in model.parameters():
            each.register_hook(lambda gradient: gradient.clone())
        return model


variant("plain")
