"""One linear makes query, key and value; the model returns a tuple."""

import math
from typing import ClassVar

import torch
from torch import nn
from torch.nn import functional as F

from parity import Stage
from tests.parity.strangers.berts.shared import (
    EMBED_STAGES,
    Sizes,
    Stack,
    allowed,
    broken,
    gelu,
    linear,
    norm,
    split,
)

__getattr__ = broken(globals())


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


class FusedModel(Stack):
    layer = FusedBlock

    def __init__(self, sizes, weights, faults):
        super().__init__(sizes, weights, faults)
        self.pool = linear(weights["pooler.dense.weight"], weights["pooler.dense.bias"])

    def forward(self, input_ids, attention_mask=None, token_type_ids=None, position_ids=None):
        x = self.embed(input_ids, token_type_ids, position_ids)
        for block in self.layers:
            x = block(x, allowed(attention_mask))
        return x, self.pool(x[:, 0]).tanh()


def third(j):
    return lambda x: x.chunk(3, dim=-1)[j]


class Fused:
    """Parts of a fused linear are taken with a function; of a tuple the second is the pooler's."""

    faults: ClassVar = {}
    stages: ClassVar = {
        **EMBED_STAGES,
        "encoder.layer.{i}.attention.self.query": Stage("layers.{i}.qkv", take=third(0)),
        "encoder.layer.{i}.attention.self.key": Stage("layers.{i}.qkv", take=third(1)),
        "encoder.layer.{i}.attention.self.value": Stage("layers.{i}.qkv", take=third(2)),
        "encoder.layer.{i}.attention.self": "layers.{i}.o:in",
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
        return FusedModel(Sizes.of(config), weights, self.faults)
