"""Layers that learn their width from the first input, and read their weights only then."""

from typing import ClassVar

import torch
from torch import nn
from torch.nn import functional as F

from tests.parity.strangers.berts.shared import (
    EMBED_STAGES,
    Embed,
    Sizes,
    allowed,
    broken,
    gelu,
    layer_weights,
    norm,
    split,
)

__getattr__ = broken(globals())


class LazyBlock(nn.Module):
    def __init__(self, w, sizes, fault):
        super().__init__()
        self.heads, self.eps, self.fault = sizes.heads, sizes.eps, fault
        self.waiting = w
        self.linears = nn.ModuleDict()

    def read_weights(self, x):
        """Make what the first input asks for."""
        for name in ("q", "k", "v", "o", "up", "down"):
            weight, bias = self.waiting[name]
            self.linears[name] = nn.LazyLinear(weight.shape[0]).to(x)
            self.linears[name].load_state_dict({"weight": weight, "bias": bias})
        self.n1 = norm(*self.waiting["n1"], 1e-5 if self.fault == "eps" else self.eps).to(x)
        self.n2 = norm(*self.waiting["n2"], self.eps).to(x)

    def forward(self, state):
        x, mask = state["hidden"], state["mask"]
        if not self.linears:
            self.read_weights(x)
        q, k, v = (split(self.linears[name](x), self.heads) for name in "qkv")
        scale = x.shape[-1] ** -0.5 if self.fault == "scale" else None
        context = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, scale=scale)
        x = self.n1(x + self.linears["o"](context.transpose(1, 2).flatten(2)))
        inner = gelu(self.linears["up"](x), self.fault)
        return {**state, "hidden": self.n2(x + self.linears["down"](inner))}


class LazyModel(nn.Module):
    def __init__(self, sizes, weights, faults):
        super().__init__()
        self.embed = Embed(weights, sizes.eps)
        self.blocks = nn.Sequential(
            *(
                LazyBlock(layer_weights(weights, i), sizes, faults.get(i))
                for i in range(sizes.layers)
            )
        )
        self.pool = nn.LazyLinear(sizes.hidden)
        self.waiting = {name: weights[f"pooler.dense.{name}"] for name in ("weight", "bias")}

    def forward(self, input_ids, attention_mask=None, token_type_ids=None, position_ids=None):
        x = self.embed(input_ids, token_type_ids, position_ids)
        x = self.blocks({"hidden": x, "mask": allowed(attention_mask)})["hidden"]
        if self.waiting:
            self.pool.load_state_dict(self.waiting)
            self.waiting = {}
        return {"last_hidden_state": x, "pooler_output": self.pool(x[:, 0]).tanh()}


class Lazy:
    """`build` runs the model once: stages can name only modules that are there."""

    faults: ClassVar = {}
    stages: ClassVar = {
        **EMBED_STAGES,
        "encoder.layer.{i}.attention.self.query": "blocks.{i}.linears.q",
        "encoder.layer.{i}.attention.self.key": "blocks.{i}.linears.k",
        "encoder.layer.{i}.attention.self.value": "blocks.{i}.linears.v",
        "encoder.layer.{i}.attention.self": "blocks.{i}.linears.o:in",
        "encoder.layer.{i}.attention.output.dense": "blocks.{i}.linears.o",
        "encoder.layer.{i}.attention.output.sum": "blocks.{i}.n1:in",
        "encoder.layer.{i}.attention.output.LayerNorm": "blocks.{i}.n1",
        "encoder.layer.{i}.intermediate.dense": "blocks.{i}.linears.up",
        "encoder.layer.{i}.intermediate": "blocks.{i}.linears.down:in",
        "encoder.layer.{i}.output.dense": "blocks.{i}.linears.down",
        "encoder.layer.{i}.output.sum": "blocks.{i}.n2:in",
        "encoder.layer.{i}": "blocks.{i}",
        "pooler.dense": "pool",
    }

    def build(self, config, weights):
        model = LazyModel(Sizes.of(config), weights, self.faults)
        with torch.no_grad():
            model(torch.zeros(1, 1, dtype=torch.long))
        return model


class StillLazy(Lazy):
    """Not run in `build`: what a layer will be made of cannot be named yet."""

    stages: ClassVar = {**EMBED_STAGES, "encoder.layer.{i}": "blocks.{i}", "pooler.dense": "pool"}

    def build(self, config, weights):
        return LazyModel(Sizes.of(config), weights, self.faults)
