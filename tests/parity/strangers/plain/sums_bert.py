"""A BERT of sums: no layer of torch's, einsum everywhere, a loop over the heads, no dropout."""

from typing import ClassVar

import torch
from torch import nn
from torch.nn import functional as F


def standardized(x, gain, shift, eps):
    centered = x - torch.einsum("bsm->bs", x)[..., None] / x.shape[-1]
    variance = torch.einsum("bsm,bsm->bs", centered, centered)[..., None] / x.shape[-1]
    return centered * (variance + eps) ** -0.5 * gain + shift


def phi(x):
    return (1 + torch.special.erf(x * 2**-0.5)) / 2


def attended(mask, like):
    if mask is None:
        return torch.zeros_like(like[..., 0])
    return (1 - mask.to(like.dtype)) * -1e9


class Linear(nn.Module):
    def __init__(self, weight, bias):
        super().__init__()
        self.weight, self.bias = nn.Parameter(weight.clone()), nn.Parameter(bias.clone())

    def forward(self, x):
        return torch.einsum("...m,nm->...n", x, self.weight) + self.bias


class Head(nn.Module):
    def __init__(self, query, key, value):
        super().__init__()
        self.query, self.key, self.value = query, key, value

    def forward(self, x, hidden):
        q, k, v = self.query(x), self.key(x), self.value(x)
        fits = torch.einsum("bqd,bkd->bqk", q, k) / q.shape[-1] ** 0.5
        fits = fits + hidden[:, None]
        powers = torch.exp(fits - fits.max(-1, keepdim=True).values)
        shares = powers / powers.sum(-1, keepdim=True)
        return torch.einsum("bqk,bkd->bqd", shares, v)


class Layer(nn.Module):
    def __init__(self, weights, config):
        super().__init__()
        self.eps = config.get("layer_norm_eps", 1e-12)
        heads = config["num_attention_heads"]
        parts = (weights.linear(f"attention.self.{n}", heads) for n in ("query", "key", "value"))
        self.heads = nn.ModuleList(Head(*each) for each in zip(*parts, strict=True))
        (self.project,), (self.up,), (self.down,) = (
            weights.linear(name)
            for name in ("attention.output.dense", "intermediate.dense", "output.dense")
        )
        self.first = nn.ParameterList(weights.pair("attention.output.LayerNorm"))
        self.second = nn.ParameterList(weights.pair("output.LayerNorm"))
        self.joined, self.middle, self.wide, self.end = (nn.Identity() for _ in range(4))

    def forward(self, x, hidden):
        context = torch.cat([head(x, hidden) for head in self.heads], dim=-1)
        summed = x + self.project(self.joined(context))
        x = self.middle(standardized(summed, *self.first, self.eps))
        up = self.up(x)
        summed = x + self.down(self.wide(up * phi(up)))
        return self.end(standardized(summed, *self.second, self.eps))


class Weights:
    """Weights by HuggingFace's names, of one place."""

    def __init__(self, weights, place=""):
        self.weights, self.place = weights, place

    def pair(self, name):
        names = [f"{self.place}{name}.{kind}" for kind in ("weight", "bias")]
        return [nn.Parameter(self.weights[each].clone()) for each in names]

    def linear(self, name, parts=1):
        weight, bias = (each.detach().chunk(parts) for each in self.pair(name))
        return [Linear(*each) for each in zip(weight, bias, strict=True)]


class SumsModel(nn.Module):
    def __init__(self, config, weights):
        super().__init__()
        tables = ("word", "position", "token_type")
        self.words, self.places, self.kinds = (
            nn.Parameter(weights[f"embeddings.{name}_embeddings.weight"].clone()) for name in tables
        )
        own = Weights(weights)
        self.gains = nn.ParameterList(own.pair("embeddings.LayerNorm"))
        self.eps = config.get("layer_norm_eps", 1e-12)
        self.layers = nn.ModuleList(
            Layer(Weights(weights, f"encoder.layer.{i}."), config)
            for i in range(config["num_hidden_layers"])
        )
        (self.pool,), (self.dense,), (self.follows,) = map(
            own.linear, ("pooler.dense", TRANSFORM + "dense", "cls.seq_relationship")
        )
        self.head_gains = nn.ParameterList(own.pair(TRANSFORM + "LayerNorm"))
        self.bias = nn.Parameter(weights["cls.predictions.bias"].clone())
        self.added, self.start, self.turned = (nn.Identity() for _ in range(3))

    def forward(self, input_ids, attention_mask=None, token_type_ids=None):
        tokens = input_ids.shape[-1]
        if tokens > len(self.places):
            raise ValueError(f"{tokens} tokens, but {len(self.places)} positions")
        x = F.embedding(input_ids, self.words, padding_idx=0) + self.places[:tokens]
        if token_type_ids is None:
            x = x + self.kinds[0]
        else:
            second = token_type_ids[..., None].to(x.dtype)
            x = x + (1 - second) * self.kinds[0] + second * self.kinds[1]
        x = self.start(standardized(self.added(x), *self.gains, self.eps))
        hidden = attended(attention_mask, x)
        for layer in self.layers:
            x = layer(x, hidden)
        turned = self.dense(x)
        turned = self.turned(standardized(turned * phi(turned), *self.head_gains, self.eps))
        words = torch.einsum("bsm,wm->bsw", turned, self.words) + self.bias
        pooled = self.pool(x[:, 0]).tanh()
        return {
            "last_hidden_state": x,
            "pooler_output": pooled,
            "prediction_logits": words,
            "seq_relationship_logits": self.follows(pooled),
        }


TRANSFORM = "cls.predictions.transform."
LAYER = "encoder.layer.{i}"


class Sums:
    stages: ClassVar = {
        "embeddings.sum": "added",
        "embeddings": "start",
        f"{LAYER}.attention.self": "layers.{i}.joined",
        f"{LAYER}.attention.output.dense": "layers.{i}.project",
        f"{LAYER}.attention.output.LayerNorm": "layers.{i}.middle",
        f"{LAYER}.intermediate.dense": "layers.{i}.up",
        f"{LAYER}.intermediate": "layers.{i}.wide",
        f"{LAYER}.output.dense": "layers.{i}.down",
        LAYER: "layers.{i}.end",
        "pooler.dense": "pool",
        "cls.predictions.transform": "turned",
        "cls.seq_relationship": "follows",
    }
    unsupported: ClassVar = {"dropout", "position_ids"}

    def build(self, config, weights):
        return SumsModel(config, weights)
