"""Other structures: torch's own layers, other axes first, chains, hooks; other outputs."""

import dataclasses
from collections import namedtuple
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from parity import Stage
from parity.ours.model import ScratchBert
from tests.parity.strangers.variants.parts import (
    FEED_FORWARD,
    LAYER,
    NAMES,
    OUTSIDE,
    QKV,
    SOFTMAX,
    STAGES,
    Adapter,
    Layer,
    Model,
    attend,
    given,
    register,
    structural,
    without,
)


class OfTorch(Layer):
    """nn.MultiheadAttention."""

    first = True  # the batch

    def __init__(self, weights, i, c):
        super().__init__(weights, i, c)
        q, k, v, o = (self._modules.pop(name) for name in "qkvo")
        made = nn.MultiheadAttention(c.width, c.heads, dropout=c.pa, batch_first=self.first)
        made.in_proj_weight = nn.Parameter(torch.cat([each.weight.data for each in (q, k, v)]))
        made.in_proj_bias = nn.Parameter(torch.cat([each.bias.data for each in (q, k, v)]))
        made.out_proj.weight, made.out_proj.bias = o.weight, o.bias
        self.att = made

    def first_axis(self, x):
        return x if self.first else x.transpose(0, 1)

    def forward(self, x, mask):
        y, hidden = self.first_axis(x), None if mask is None else ~mask[:, 0, 0]
        made, _ = self.att(y, y, y, key_padding_mask=hidden, need_weights=False)
        return self.second(self.n1(self.d1(self.first_axis(made)) + x))


OF_TORCH = without(*SOFTMAX, *QKV, "attention.self", "attention.output.dense")
ATTENDED = LAYER + "attention.output.dense"
structural("nn.MultiheadAttention", OF_TORCH | {ATTENDED: "layers.{i}.att"}, layer=OfTorch)
structural(
    "nn.MultiheadAttention, the sequence first",
    OF_TORCH | {ATTENDED: Stage("layers.{i}.att", take=lambda x: x.transpose(0, 1))},
    layer=type("SequenceFirst", (OfTorch,), {"first": False}),
)


class TorchEncoder(Model):
    """nn.TransformerEncoderLayer without its dropout after the activation, which BERT lacks."""

    whole = False

    def __init__(self, weights, c):
        super().__init__(weights, c)
        made = [self.of_torch(layer, OfTorch(weights, i, c)) for i, layer in enumerate(self.layers)]
        self.layers = nn.ModuleList([] if self.whole else made)
        if self.whole:
            self.encoder = nn.TransformerEncoder(made[0], c.n, enable_nested_tensor=True)
            self.encoder.layers = nn.ModuleList(made)

    def of_torch(self, layer, attention):
        c, wide = self.c, layer.up.weight.shape[0]
        options = {"layer_norm_eps": c.eps, "batch_first": True}
        made = nn.TransformerEncoderLayer(c.width, c.heads, wide, c.p, F.gelu, **options)
        made.dropout.p, made.self_attn = 0.0, attention.att
        made.linear1, made.linear2 = layer.up, layer.down
        made.norm1, made.norm2 = layer.n1, layer.n2
        return made

    def run(self, x, mask):
        hidden = None if mask is None else ~mask[:, 0, 0]
        if self.whole:
            made = self.encoder(x, src_key_padding_mask=hidden)
            return F.pad(made, (0, 0, 0, x.shape[1] - made.shape[1]))
        for layer in self.layers:
            x = layer(x, src_key_padding_mask=hidden)
        return x


SEEN = OUTSIDE | {
    ATTENDED: "layers.{i}.self_attn",
    LAYER + "attention.output.LayerNorm": "layers.{i}.norm1",
    LAYER + "intermediate.dense": "layers.{i}.linear1",
    LAYER + "output.dense": "layers.{i}.linear2",
    "encoder.layer.{i}": "layers.{i}",
}
structural("nn.TransformerEncoderLayer, stages named", SEEN, model=TorchEncoder)
structural("nn.TransformerEncoderLayer, its kernel", OUTSIDE, model=TorchEncoder)
structural(
    "nn.TransformerEncoder with nested tensors",
    OUTSIDE,
    model=type("WholeEncoder", (TorchEncoder,), {"whole": True}),
)


class SequenceFirst(Model):
    def forward(self, ids, mask=None, kinds=None, places=None):
        ids, mask, kinds, places = self.inputs(ids, mask, kinds, places)
        x = self.embed(ids.T, kinds.T, places.T)
        return self.top(self.run(x, mask).transpose(0, 1), self.words())


def sequence_first(layer, x, mask):
    return attend(layer, x.transpose(0, 1), mask).transpose(0, 1)


def turned(name, place):
    stage = Stage.parse(place)
    if name.endswith(SOFTMAX + QKV) or stage.module.startswith("top."):
        return stage
    return Stage(stage.module, stage.side, lambda x: x.transpose(0, 1))


structural(
    "the sequence first everywhere",
    {name: turned(name, place) for name, place in STAGES.items()},
    model=SequenceFirst,
    attend=sequence_first,
)


class RowsFlattened(Model):
    """(batch * seq, hidden) between attentions; layers are never called."""

    def run(self, x, mask):
        rows, n, width = x.shape
        for layer in self.layers:
            x = x.reshape(-1, width)
            made = layer.o(attend(layer, x.view(rows, n, width), mask).view(-1, width))
            x = layer.second(layer.n1(layer.d1(made) + x))
        return x.view(rows, n, width)


structural("rows flattened", OUTSIDE, model=RowsFlattened)


class Chunked(Layer):
    """The feed-forward half is called with chunks of the sequence."""

    axis = 1

    def second(self, x):
        size = max(1, x.shape[self.axis] // 2)
        parts = [self.down(F.gelu(self.up(each))) for each in x.split(size, self.axis)]
        return self.n2(self.d2(torch.cat(parts, self.axis)) + x)


class NormsChunked(Layer):
    """Each token's norm is computed alone."""

    def second(self, x):
        y = self.d2(self.down(F.gelu(self.up(x)))) + x
        return torch.stack([self.n2(each) for each in y.unbind(1)], 1)


class LayersChunked(Model):
    """Layers are called with one row of the batch at a time."""

    def run(self, x, mask):
        rows = []
        for r in range(len(x)):
            row = x[r : r + 1]
            for layer in self.layers:
                row = layer(row, mask if mask is None else mask[r : r + 1])
            rows.append(row)
        return torch.cat(rows)


class TwoHalves(Layer):
    """The feed-forward units in two halves, whose outputs are added."""

    def second(self, x):
        rows = self.up.weight.chunk(2), self.up.bias.chunk(2)
        halves = zip(*rows, self.down.weight.chunk(2, 1), strict=True)
        y = sum(F.linear(F.gelu(F.linear(x, a, b)), c) for a, b, c in halves)
        return self.n2(self.d2(y + self.down.bias) + x)


class CalledTwice(Layer):
    """A linear is called twice, and its outputs are averaged."""

    def second(self, x):
        y = F.gelu(self.up(x))
        y = (self.down(2 * y) + self.down(0 * y)) / 2
        return self.n2(self.d2(y) + x)


structural("feed-forward in chunks of the sequence", layer=Chunked)
structural("feed-forward in chunks of the batch", layer=type("OfRows", (Chunked,), {"axis": 0}))
structural("norms token by token", layer=NormsChunked)
structural("layers row by row", model=LayersChunked)
structural("feed-forward in two halves", without(*FEED_FORWARD), layer=TwoHalves)
structural("a linear called twice, its outputs averaged", layer=CalledTwice)


class ByHooks(Model):
    """Residual sums and norms are done by hooks."""

    def __init__(self, weights, c):
        super().__init__(weights, c)
        for layer in self.layers:
            layer.register_forward_pre_hook(lambda m, args: setattr(m, "held", args[0]))
            layer.o.register_forward_hook(lambda m, _, y, a=layer: a.n1(a.d1(y) + a.held))
            layer.up.register_forward_pre_hook(lambda m, x, a=layer: setattr(a, "kept", x[0]))
            layer.up.register_forward_hook(lambda m, _, y: F.gelu(y))
            layer.down.register_forward_hook(lambda m, _, y, a=layer: a.n2(a.d2(y) + a.kept))


class HookedLayer(Layer):
    def forward(self, x, mask):
        return self.down(self.up(self.o(self.c.attend(self, x, mask))))


structural(
    "residuals and norms by hooks",
    without("attention.output.dense", "intermediate.dense", "{i}.output.dense"),
    model=ByHooks,
    layer=HookedLayer,
)


class Linked(Layer):
    """Each layer calls the next."""

    def forward(self, x, mask):
        x = super().forward(x, mask)
        return self.next(x, mask) if hasattr(self, "next") else x


class Chain(Model):
    def __init__(self, weights, c):
        super().__init__(weights, c)
        made = [*self.layers]
        for one, other in pairwise(made):
            one.next = other
        self.first, self.layers = made[0], nn.ModuleList()

    def run(self, x, mask):
        return self.first(x, mask)


class KeepsItsMask(Layer):
    mask = None

    def forward(self, x):
        return super().forward(x, self.mask)


class OfKept(Model):
    def run(self, x, mask):
        for layer in self.layers:
            layer.mask = mask
        return self.layers(x)


class Tuples(Layer):
    def forward(self, both):
        return super().forward(*both), both[1]


class OfTuples(Model):
    def run(self, x, mask):
        return self.layers((x, mask))[0]


class Dictionaries(Layer):
    def forward(self, x, mask):
        return {"more": None, "hidden": super().forward(x, mask)}


class OfDictionaries(Model):
    def run(self, x, mask):
        for layer in self.layers:
            x = layer(x, mask)["hidden"]
        return x


def in_sequence(layers):
    return nn.Sequential(*layers)


structural("each layer calls the next", OUTSIDE, model=Chain, layer=Linked)
structural("layers keep their mask", model=OfKept, layer=KeepsItsMask, stack=in_sequence)
structural("layers give and take tuples", model=OfTuples, layer=Tuples, stack=in_sequence)
structural("layers return dictionaries", model=OfDictionaries, layer=Dictionaries)


class Subclass(Tensor):
    """Does nothing."""


class OfSubclass(Model):
    def run(self, x, mask):
        return super().run(x.as_subclass(Subclass), mask).as_subclass(Tensor)


class KeptBuffer(Model):
    """The last state is copied into a buffer that is used again."""

    kept = None

    def forward(self, *inputs):
        x, *others = super().forward(*inputs)
        if torch.is_grad_enabled():
            return x, *others
        if self.kept is None or (self.kept.shape, self.kept.dtype) != (x.shape, x.dtype):
            self.kept = torch.empty_like(x)
        return self.kept.copy_(x), *others


class KeptMask(Model):
    """The last mask is kept until another comes."""

    seen = made = None

    def inputs(self, ids, mask, kinds, places):
        ids, made, kinds, places = super().inputs(ids, mask, kinds, places)
        if mask is None:
            return ids, made, kinds, places
        if self.seen is None or not torch.equal(self.seen, mask):
            self.seen, self.made = mask.clone(), made.clone()
        return ids, self.made, kinds, places


class AheadLayer(Layer):
    """Draws a layer's masks before it computes, and in another order."""

    def forward(self, x, mask):
        second, first = self.d2(torch.ones_like(x)), self.d1(torch.ones_like(x))
        x = self.n1(self.o(self.c.attend(self, x, mask)) * first + x)
        return self.n2(self.down(F.gelu(self.up(x))) * second + x)


structural("a subclass of tensors", model=OfSubclass)
structural("the last state in a buffer that is used again", model=KeptBuffer)
structural("a mask that is kept until another comes", model=KeptMask)
structural("dropout masks drawn ahead and in another order", layer=AheadLayer)


def returns(name, make):
    def forward(self, model, batch):
        return make(*model(*given(batch)))

    register(name, structural=False)(type("Returns", (Adapter,), {"forward": forward}))


Out = dataclasses.make_dataclass("Out", [(name, Tensor) for name in NAMES])
returns("a tensor", lambda x, *_: x)
returns("a tuple", lambda x, pooled, *_: (x, pooled))
returns("a dataclass", Out)
returns("a named tuple", namedtuple("Named", NAMES))
returns("log-probabilities alone", lambda x, p, w, s: {"log_probabilities": w.log_softmax(-1)})
returns("outputs that are not contiguous", lambda x, p, w, s: Out(x.mT.contiguous().mT, p, w, s))


class WithoutCalls(ScratchBert):
    """Modules with HuggingFace's names that are not called: their weights are used elsewhere."""

    def build(self, config, weights):
        model = super().build(config, weights)
        for layer in model.bert.encoder.layer:
            layer.intermediate.forward = uncalled(layer.intermediate)
            layer.attention.output.dense = Uncalled(layer.attention.output.dense)
        return model


def uncalled(half):
    return lambda x: F.gelu(F.linear(x, half.dense.weight, half.dense.bias))


class Uncalled(nn.Module):
    def __init__(self, dense):
        super().__init__()
        self.weight, self.bias = dense.weight, dense.bias

    def __call__(self, x):
        return F.linear(x, self.weight, self.bias)


register("HuggingFace's names, some modules never called")(WithoutCalls)
