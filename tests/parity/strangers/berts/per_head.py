"""One small query, key and value for each head; every block returns a dictionary."""

import math
from typing import ClassVar

import torch
from torch import nn

from tests.parity.strangers.berts.shared import (
    EMBED_STAGES,
    Sizes,
    Stack,
    allowed,
    broken,
    gelu,
    linear,
    norm,
)

__getattr__ = broken(globals())


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


class PerHeadModel(Stack):
    layer = PerHeadBlock

    def __init__(self, sizes, weights, faults):
        super().__init__(sizes, weights, faults)
        self.pool = linear(weights["pooler.dense.weight"], weights["pooler.dense.bias"])

    def forward(self, tokens, mask, kinds):
        x = self.embed(tokens, kinds)
        for block in self.layers:
            x = block(x, allowed(mask))["hidden"]
        return {"last_hidden_state": x, "pooler_output": self.pool(x[:, 0]).tanh()}


class PerHead:
    """Other names of arguments; the positions, which it does not read, count as unsupported."""

    faults: ClassVar = {}
    stages: ClassVar = {
        **EMBED_STAGES,
        "encoder.layer.{i}.attention.self": "layers.{i}.o:in",
        "encoder.layer.{i}.attention.output.dense": "layers.{i}.o",
        "encoder.layer.{i}.attention.output.sum": "layers.{i}.n1:in",
        "encoder.layer.{i}.attention.output.LayerNorm": "layers.{i}.n1",
        "encoder.layer.{i}.intermediate.dense": "layers.{i}.up",
        "encoder.layer.{i}.intermediate": "layers.{i}.down:in",
        "encoder.layer.{i}.output.dense": "layers.{i}.down",
        "encoder.layer.{i}.output.sum": "layers.{i}.n2:in",
        "encoder.layer.{i}.output.LayerNorm": "layers.{i}.n2",
    }

    def build(self, config, weights):
        return PerHeadModel(Sizes.of(config), weights, self.faults)

    def forward(self, model, batch):
        return model(batch["input_ids"], batch.get("attention_mask"), batch.get("token_type_ids"))
