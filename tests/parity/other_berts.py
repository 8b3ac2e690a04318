"""BERTs as other people lay them out, each with its adapter; correct, until layers are broken.

`Fused_1_eps` is Fused with a fault in layer 1. There are "eps" (a LayerNorm's is 1e-5), "tanh" (the
GELU's approximation) and "scale" (scores scaled by the hidden size). What each adapter shows is
said in its docstring.
"""

import math
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import torch
from torch import nn
from torch.nn import functional as F

from parity.stages import Stage


def __getattr__(name):
    layout, *faults = name.split("_")
    if layout not in globals() or not faults:
        raise AttributeError(name)
    broken = dict(zip(map(int, faults[::2]), faults[1::2], strict=True))
    return type(name, (globals()[layout],), {"faults": broken})


NAMES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "o": "attention.output.dense",
    "n1": "attention.output.LayerNorm",
    "up": "intermediate.dense",
    "down": "output.dense",
    "n2": "output.LayerNorm",
}


class Sizes(NamedTuple):
    """A configuration of one's own."""

    hidden: int
    heads: int
    layers: int
    eps: float

    @classmethod
    def of(cls, config):
        names = ("hidden_size", "num_attention_heads", "num_hidden_layers", "layer_norm_eps")
        return cls(*(config.get(name, 1e-12) for name in names))


def layer_weights(weights, i):
    """Short name → (weight, bias)."""
    at = f"encoder.layer.{i}."
    return {
        short: (weights[f"{at}{name}.weight"], weights[f"{at}{name}.bias"])
        for short, name in NAMES.items()
    }


def linear(weight, bias):
    made = nn.Linear(weight.shape[1], weight.shape[0])
    made.load_state_dict({"weight": weight, "bias": bias})
    return made


def norm(weight, bias, eps):
    made = nn.LayerNorm(weight.shape[0], eps=eps)
    made.load_state_dict({"weight": weight, "bias": bias})
    return made


def table(weight):
    return nn.Embedding.from_pretrained(weight.clone(), freeze=False)


class Embed(nn.Module):
    """Words, positions and segments."""

    def __init__(self, weights, eps):
        super().__init__()
        self.words, self.places, self.kinds = (
            table(weights[f"embeddings.{name}_embeddings.weight"])
            for name in ("word", "position", "token_type")
        )
        self.norm = norm(
            weights["embeddings.LayerNorm.weight"], weights["embeddings.LayerNorm.bias"], eps
        )

    def forward(self, ids, kinds=None, places=None):
        if places is None:
            places = torch.arange(ids.shape[1], device=ids.device)[None]
        kinds = torch.zeros_like(ids) if kinds is None else kinds
        return self.norm(self.words(ids) + self.places(places) + self.kinds(kinds))


EMBED_STAGES = {
    "embeddings.word_embeddings": "embed.words",
    "embeddings.position_embeddings": "embed.places",
    "embeddings.token_type_embeddings": "embed.kinds",
    "embeddings.sum": "embed.norm:in",
    "embeddings.LayerNorm": "embed.norm",
    "embeddings": "embed",
}


def gelu(x, fault):
    return F.gelu(x, approximate="tanh" if fault == "tanh" else "none")


def split(x, heads):
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)


def allowed(mask):
    return None if mask is None else mask[:, None, None, :].bool()


# ---------------------------------------------------------------- fused query, key and value


class FusedBlock(nn.Module):
    def __init__(self, w, sizes, fault):
        super().__init__()
        self.heads, self.fault = sizes.heads, fault
        self.qkv = linear(*(torch.cat([w[n][j] for n in "qkv"]) for j in (0, 1)))
        self.o, self.up, self.down = linear(*w["o"]), linear(*w["up"]), linear(*w["down"])
        self.n1 = norm(*w["n1"], 1e-5 if fault == "eps" else sizes.eps)
        self.n2 = norm(*w["n2"], sizes.eps)

    def forward(self, x, mask):
        q, k, v = (split(part, self.heads) for part in self.qkv(x).chunk(3, dim=-1))
        scale = 1 / math.sqrt(x.shape[-1]) if self.fault == "scale" else None
        context = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, scale=scale)
        x = self.n1(x + self.o(context.transpose(1, 2).flatten(2)))
        return self.n2(x + self.down(gelu(self.up(x), self.fault)))


class FusedModel(nn.Module):
    def __init__(self, sizes, weights, faults):
        super().__init__()
        self.embed = Embed(weights, sizes.eps)
        self.blocks = nn.ModuleList(
            FusedBlock(layer_weights(weights, i), sizes, faults.get(i)) for i in range(sizes.layers)
        )
        self.pool = linear(weights["pooler.dense.weight"], weights["pooler.dense.bias"])

    def forward(self, input_ids, attention_mask=None, token_type_ids=None, position_ids=None):
        x = self.embed(input_ids, token_type_ids, position_ids)
        for block in self.blocks:
            x = block(x, allowed(attention_mask))
        return x, self.pool(x[:, 0]).tanh()


def third(j):
    return lambda x: x.chunk(3, dim=-1)[j]


class Fused:
    """Parts of a fused linear are taken with a function; of a tuple the second is the pooler's."""

    faults: ClassVar = {}
    stages: ClassVar = {
        **EMBED_STAGES,
        "encoder.layer.{i}.attention.self.query": Stage("blocks.{i}.qkv", take=third(0)),
        "encoder.layer.{i}.attention.self.key": Stage("blocks.{i}.qkv", take=third(1)),
        "encoder.layer.{i}.attention.self.value": Stage("blocks.{i}.qkv", take=third(2)),
        "encoder.layer.{i}.attention.self": "blocks.{i}.o:in",
        "encoder.layer.{i}.attention.output.dense": "blocks.{i}.o",
        "encoder.layer.{i}.attention.output.sum": "blocks.{i}.n1:in",
        "encoder.layer.{i}.attention.output.LayerNorm": "blocks.{i}.n1",
        "encoder.layer.{i}.intermediate.dense": "blocks.{i}.up",
        "encoder.layer.{i}.intermediate": "blocks.{i}.down:in",
        "encoder.layer.{i}.output.dense": "blocks.{i}.down",
        "encoder.layer.{i}.output.sum": "blocks.{i}.n2:in",
        "encoder.layer.{i}": "blocks.{i}",
        "pooler.dense": "pool",
    }

    def build(self, config, weights):
        return FusedModel(Sizes.of(config), weights, self.faults)


# ---------------------------------------------------------------- one small linear for each head


class Head(nn.Module):
    def __init__(self, w, rows):
        super().__init__()
        self.q, self.k, self.v = (linear(w[n][0][rows], w[n][1][rows]) for n in "qkv")

    def forward(self, x, mask, width):
        scores = self.q(x) @ self.k(x).transpose(-1, -2) / math.sqrt(width)
        if mask is not None:
            scores = scores.masked_fill(~mask[:, 0], -1e4)  # enough: exp(-1e4) is 0
        return (scores.softmax(-1)) @ self.v(x)


class PerHeadBlock(nn.Module):
    def __init__(self, w, sizes, fault):
        super().__init__()
        width = sizes.hidden // sizes.heads
        self.width = sizes.hidden if fault == "scale" else width
        self.fault = fault
        self.heads = nn.ModuleList(
            Head(w, slice(h * width, (h + 1) * width)) for h in range(sizes.heads)
        )
        self.o, self.up, self.down = linear(*w["o"]), linear(*w["up"]), linear(*w["down"])
        self.n1 = norm(*w["n1"], 1e-5 if fault == "eps" else sizes.eps)
        self.n2 = norm(*w["n2"], sizes.eps)

    def forward(self, x, mask):
        context = torch.cat([head(x, mask, self.width) for head in self.heads], dim=-1)
        x = self.n1(self.o(context) + x)
        return {"hidden": self.n2(self.down(gelu(self.up(x), self.fault)) + x)}


class PerHeadModel(FusedModel):
    def __init__(self, sizes, weights, faults):
        super().__init__(sizes, weights, {})
        self.blocks = nn.ModuleList(
            PerHeadBlock(layer_weights(weights, i), sizes, faults.get(i))
            for i in range(sizes.layers)
        )

    def forward(self, tokens, mask, kinds):
        x = self.embed(tokens, kinds)
        for block in self.blocks:
            x = block(x, allowed(mask))["hidden"]
        return {"last_hidden_state": x, "pooler_output": self.pool(x[:, 0]).tanh()}


class PerHead:
    """Other names of arguments; the positions, which it does not read, count as unsupported."""

    faults: ClassVar = {}
    stages: ClassVar = {
        **EMBED_STAGES,
        **{
            name: place
            for name, place in Fused.stages.items()
            if "{i}" in name and "self." not in name and name != "encoder.layer.{i}"
        },
    }

    def build(self, config, weights):
        return PerHeadModel(Sizes.of(config), weights, self.faults)

    def forward(self, model, batch):
        return model(batch["input_ids"], batch.get("attention_mask"), batch.get("token_type_ids"))


# ---------------------------------------------------------------- no modules inside: functions


@dataclass
class Output:
    last_hidden_state: torch.Tensor
    steps: int


def functional_layer(x, w, mask, sizes, fault):
    q, k, v = (split(F.linear(x, *w[n]), sizes.heads) for n in "qkv")
    width = sizes.hidden if fault == "scale" else sizes.hidden // sizes.heads
    scores = torch.einsum("bhqd,bhkd->bhqk", q, k) / width**0.5
    if mask is not None:
        scores = scores + torch.zeros_like(scores).masked_fill(~mask, -math.inf)
    shifted = (scores - scores.amax(-1, keepdim=True)).exp()
    context = torch.einsum("bhqk,bhkd->bqhd", shifted / shifted.sum(-1, keepdim=True), v)
    eps = 1e-5 if fault == "eps" else sizes.eps
    x = F.layer_norm(x + F.linear(context.flatten(2), *w["o"]), x.shape[-1:], *w["n1"], eps)
    inner = F.linear(gelu(F.linear(x, *w["up"]), fault), *w["down"])
    return F.layer_norm(x + inner, x.shape[-1:], *w["n2"], sizes.eps)


class FunctionalModel(nn.Module):
    """One dictionary of parameters; the first segment's row is added to the positions at once."""

    def __init__(self, sizes, weights, faults):
        super().__init__()
        self.sizes, self.faults = sizes, faults
        kept = {name.replace(".", "/"): tensor.clone() for name, tensor in weights.items()}
        self.weights = nn.ParameterDict(kept)

    def forward(self, input_ids, attention_mask=None):
        w = {name.replace("/", "."): tensor for name, tensor in self.weights.items()}
        rows = w["embeddings.position_embeddings.weight"][: input_ids.shape[1]]
        if input_ids.shape[1] > rows.shape[0]:
            raise ValueError(f"{input_ids.shape[1]} tokens")
        x = w["embeddings.word_embeddings.weight"][input_ids]
        x = x + (rows + w["embeddings.token_type_embeddings.weight"][0])
        names = [f"embeddings.LayerNorm.{name}" for name in ("weight", "bias")]
        x = F.layer_norm(x, x.shape[-1:], *(w[name] for name in names), self.sizes.eps)
        for i in range(self.sizes.layers):
            fault = self.faults.get(i)
            x = functional_layer(x, layer_weights(w, i), allowed(attention_mask), self.sizes, fault)
        return Output(x, self.sizes.layers)


class Functional:
    """Only its output can be seen; a dataclass; no segments, no pooler."""

    faults: ClassVar = {}

    def build(self, config, weights):
        return FunctionalModel(Sizes.of(config), weights, self.faults)


# ---------------------------------------------------------------- weights the other way round


class Conv(nn.Module):
    """y = x W + b, with W as (in, out)."""

    def __init__(self, weight, bias):
        super().__init__()
        self.w, self.b = nn.Parameter(weight.T.clone()), nn.Parameter(bias.clone())

    def forward(self, x):
        return torch.addmm(self.b, x.flatten(0, -2), self.w).view(*x.shape[:-1], -1)


class TransposedLayer(nn.Module):
    def __init__(self, w, sizes, fault):
        super().__init__()
        self.sizes, self.fault = sizes, fault
        for name in ("q", "k", "v", "o", "up", "down"):
            setattr(self, name, Conv(*w[name]))
        self.gains = nn.ParameterList([w["n1"][0].clone(), w["n2"][0].clone()])
        self.shifts = nn.ParameterList([w["n1"][1].clone(), w["n2"][1].clone()])

    def norm(self, x, j):
        """Made inside forward, so no stage can be named after it."""
        eps = 1e-5 if self.fault == "eps" and j == 0 else self.sizes.eps
        made = nn.LayerNorm(x.shape[-1], eps=eps).to(x)
        with torch.no_grad():
            made.weight.copy_(self.gains[j])
            made.bias.copy_(self.shifts[j])
        return made(x)

    def forward(self, x, mask):
        q, k, v = (split(part(x), self.sizes.heads) for part in (self.q, self.k, self.v))
        width = x.shape[-1] if self.fault == "scale" else q.shape[-1]
        scores = q @ k.transpose(-1, -2) * width**-0.5
        if mask is not None:
            scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        context = (F.softmax(scores, dim=-1) @ v).transpose(1, 2).flatten(2)
        x = self.norm(x + self.o(context), 0)
        return self.norm(x + self.down(gelu(self.up(x), self.fault)), 1)


class TransposedModel(nn.Module):
    def __init__(self, sizes, weights, faults):
        super().__init__()
        self.embed = Embed(weights, sizes.eps)
        self.layers = nn.ModuleList(
            TransposedLayer(layer_weights(weights, i), sizes, faults.get(i))
            for i in range(sizes.layers)
        )

    def forward(self, batch):
        mask = allowed(batch.get("attention_mask"))
        x = self.embed(batch["input_ids"], batch.get("token_type_ids"), batch.get("position_ids"))
        for layer in self.layers:
            x = layer(x, mask)
        return Result(x, None)


class Result(NamedTuple):
    last_hidden_state: torch.Tensor
    losses: None


class Transposed:
    """Scores and probabilities are seen at the softmax, wherever it is called inside a module."""

    faults: ClassVar = {}
    stages: ClassVar = {
        **EMBED_STAGES,
        "encoder.layer.{i}.attention.self.query": "layers.{i}.q",
        "encoder.layer.{i}.attention.self.key": "layers.{i}.k",
        "encoder.layer.{i}.attention.self.value": "layers.{i}.v",
        "encoder.layer.{i}.attention.self.scores": "layers.{i}:scores",
        "encoder.layer.{i}.attention.self.probabilities": "layers.{i}:probabilities",
        "encoder.layer.{i}.attention.self": "layers.{i}.o:in",
        "encoder.layer.{i}.attention.output.dense": "layers.{i}.o",
        "encoder.layer.{i}.attention.output.LayerNorm": "layers.{i}.up:in",
        "encoder.layer.{i}.intermediate.dense": "layers.{i}.up",
        "encoder.layer.{i}.intermediate": "layers.{i}.down:in",
        "encoder.layer.{i}.output.dense": "layers.{i}.down",
        "encoder.layer.{i}": "layers.{i}",
    }

    def build(self, config, weights):
        return TransposedModel(Sizes.of(config), weights, self.faults)

    def forward(self, model, batch):
        return model(batch)


# ---------------------------------------------------------------- no padding; log-probabilities


class PackedModel(FusedModel):
    """Each sequence alone, zeros where there is padding; masked-word log-probabilities only."""

    def __init__(self, sizes, weights, faults):
        super().__init__(sizes, weights, faults)
        names = ("transform.dense", "transform.LayerNorm")
        dense, gains = (
            [weights[f"cls.predictions.{name}.{x}"] for x in ("weight", "bias")] for name in names
        )
        self.transform, self.gains = linear(*dense), norm(*gains, sizes.eps)
        self.bias = nn.Parameter(weights["cls.predictions.bias"].clone())

    def forward(self, input_ids, attention_mask, token_type_ids=None):
        output = self.bias.new_zeros(*input_ids.shape, self.bias.shape[0])
        for row, ids in enumerate(input_ids):
            places = attention_mask[row].nonzero()[:, 0]
            kinds = None if token_type_ids is None else token_type_ids[row, places][None]
            x, _ = super().forward(ids[places][None], None, kinds, places[None])
            x = self.gains(F.gelu(self.transform(x)))
            logits = x @ self.embed.words.weight.T + self.bias
            output[row, places] = logits[0].log_softmax(-1)
        return {"log_probabilities": output}


class Packed:
    """No stages; a mask it cannot do without."""

    faults: ClassVar = {}

    def build(self, config, weights):
        return PackedModel(Sizes.of(config), weights, self.faults)
