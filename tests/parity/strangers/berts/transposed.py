"""Weights the other way round, LayerNorms made inside forward; it returns a named tuple."""

from typing import ClassVar, NamedTuple

import torch
from torch import nn
from torch.nn import functional as F

from tests.parity.strangers.berts.shared import (
    EMBED_STAGES,
    Sizes,
    Stack,
    allowed,
    broken,
    gelu,
    split,
)

__getattr__ = broken(globals())


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


class Result(NamedTuple):
    last_hidden_state: torch.Tensor
    losses: None


class TransposedModel(Stack):
    layer = TransposedLayer

    def forward(self, batch):
        mask = allowed(batch.get("attention_mask"))
        x = self.embed(batch["input_ids"], batch.get("token_type_ids"), batch.get("position_ids"))
        for layer in self.layers:
            x = layer(x, mask)
        return Result(x, None)


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
