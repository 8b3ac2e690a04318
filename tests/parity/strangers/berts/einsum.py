"""Weights of three dimensions, one matrix for each head, and einsum everywhere."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn

from parity import Stage
from tests.parity.strangers.berts.shared import broken, gelu, layer_weights, norm

__getattr__ = broken(globals())


@dataclass(frozen=True)
class Config:
    hidden_size: int
    num_attention_heads: int
    num_hidden_layers: int
    layer_norm_eps: float = 1e-12

    @classmethod
    def of(cls, config):
        names = cls.__dataclass_fields__.keys() & config.keys()
        return cls(**{name: config[name] for name in names})


@dataclass(frozen=True, slots=True)
class Output:
    last_hidden_state: torch.Tensor
    pooler_output: torch.Tensor
    attentions: list[torch.Tensor]


class Project(nn.Module):
    """An einsum with a bias."""

    def __init__(self, formula, weight, bias):
        super().__init__()
        self.formula = formula
        self.weight, self.bias = nn.Parameter(weight.clone()), nn.Parameter(bias.clone())

    def forward(self, x):
        return torch.einsum(self.formula, x, self.weight) + self.bias


class Normalize(nn.Module):
    """A softmax of one's own."""

    def forward(self, scores):
        raised = torch.exp(scores - scores.amax(dim=-1, keepdim=True))
        return raised / raised.sum(dim=-1, keepdim=True)


class EinsumLayer(nn.Module):
    def __init__(self, w, config, fault):
        super().__init__()
        self.fault = fault
        heads = config.num_attention_heads
        for name in "qkv":
            weight, bias = (x.unflatten(0, (heads, -1)) for x in w[name])
            # weight: (heads, hidden, head_dim), bias: (heads, head_dim)
            setattr(self, name, Project("bsm,hmd->bshd", weight.transpose(1, 2), bias))
        weight, bias = w["o"]
        weight = weight.unflatten(1, (heads, -1)).permute(1, 2, 0)  # (heads, head_dim, hidden)
        self.o = Project("bshd,hdm->bsm", weight, bias)
        self.up, self.down = (Project("bsm,mn->bsn", w[n][0].T, w[n][1]) for n in ("up", "down"))
        self.normalize = Normalize()
        self.n1 = norm(*w["n1"], 1e-5 if fault == "eps" else config.layer_norm_eps)
        self.n2 = norm(*w["n2"], config.layer_norm_eps)

    def forward(self, x, mask):
        q, k, v = self.q(x), self.k(x), self.v(x)
        width = x.shape[-1] if self.fault == "scale" else q.shape[-1]
        scores = torch.einsum("bqhd,bkhd->bhqk", q, k) / width**0.5
        if mask is not None:
            scores = torch.where(mask, scores, torch.finfo(scores.dtype).min)
        probabilities = self.normalize(scores)
        x = self.n1(x + self.o(torch.einsum("bhqk,bkhd->bqhd", probabilities, v)))
        return self.n2(x + self.down(gelu(self.up(x), self.fault))), probabilities


class EinsumModel(nn.Module):
    """A position's row holds the first segment's already; the second adds what is different."""

    def __init__(self, config, weights, faults):
        super().__init__()
        words, places, kinds = (
            weights[f"embeddings.{name}_embeddings.weight"].double()
            for name in ("word", "position", "token_type")
        )
        self.words, self.places = nn.Parameter(words), nn.Parameter(places + kinds[0])
        self.second = nn.Parameter(kinds[1] - kinds[0])
        gains = (weights[f"embeddings.LayerNorm.{name}"] for name in ("weight", "bias"))
        self.norm = norm(*gains, config.layer_norm_eps)
        self.layers = nn.ModuleList(
            EinsumLayer(layer_weights(weights, i), config, faults.get(i))
            for i in range(config.num_hidden_layers)
        )
        weight, bias = (weights[f"pooler.dense.{name}"] for name in ("weight", "bias"))
        self.pool = Project("bm,mn->bn", weight.T, bias)

    def forward(self, input_ids, attention_mask=None, token_type_ids=None):
        seq = input_ids.shape[1]
        if seq > len(self.places):
            raise ValueError(f"{seq} tokens")
        x = self.words[input_ids] + self.places[:seq]
        if token_type_ids is not None:
            x = x + token_type_ids[:, :, None] * self.second
        x = self.norm(x)
        mask = None if attention_mask is None else attention_mask[:, None, None, :].bool()
        attentions = []
        for layer in self.layers:
            x, probabilities = layer(x, mask)
            attentions.append(probabilities)
        return Output(x, self.pool(x[:, 0]).tanh(), attentions)


def joined(x):
    """(batch, seq, heads, head_dim) → (batch, seq, hidden)."""
    return x.flatten(2)


class Einsum:
    """The table of positions is summed in double precision: float32 would round 1e-8 of it away.

    With a softmax of one's own, scores and probabilities are what goes into and out of its module.
    """

    faults: ClassVar = {}
    unsupported: ClassVar = {"position_ids"}
    stages: ClassVar = {
        "embeddings.sum": "norm:in",
        "embeddings.LayerNorm": "norm",
        "encoder.layer.{i}.attention.self.query": Stage("layers.{i}.q", take=joined),
        "encoder.layer.{i}.attention.self.key": Stage("layers.{i}.k", take=joined),
        "encoder.layer.{i}.attention.self.value": Stage("layers.{i}.v", take=joined),
        "encoder.layer.{i}.attention.self.scores": "layers.{i}.normalize:in",
        "encoder.layer.{i}.attention.self.probabilities": "layers.{i}.normalize",
        "encoder.layer.{i}.attention.self": Stage("layers.{i}.o", side="in", take=joined),
        "encoder.layer.{i}.attention.output.dense": "layers.{i}.o",
        "encoder.layer.{i}.attention.output.sum": "layers.{i}.n1:in",
        "encoder.layer.{i}.attention.output.LayerNorm": "layers.{i}.n1",
        "encoder.layer.{i}.intermediate.dense": "layers.{i}.up",
        "encoder.layer.{i}.intermediate": "layers.{i}.down:in",
        "encoder.layer.{i}.output.dense": "layers.{i}.down",
        "encoder.layer.{i}.output.sum": "layers.{i}.n2:in",
        "encoder.layer.{i}": "layers.{i}",
        "pooler.dense": "pool",
    }

    def build(self, config, weights):
        return EinsumModel(Config.of(config), weights, self.faults)
