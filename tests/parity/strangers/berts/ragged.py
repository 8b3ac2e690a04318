"""All sequences' tokens in one row, without padding: (tokens, hidden) everywhere."""

from typing import ClassVar

import torch
from torch import nn

from tests.parity.strangers.berts.shared import Sizes, Stack, broken, gelu, linear, norm

__getattr__ = broken(globals())


class RaggedLayer(nn.Module):
    def __init__(self, w, sizes, fault):
        super().__init__()
        self.heads, self.fault = sizes.heads, fault
        for name in ("q", "k", "v", "o", "up", "down"):
            setattr(self, name, linear(*w[name]))
        self.n1 = norm(*w["n1"], 1e-5 if fault == "eps" else sizes.eps)
        self.n2 = norm(*w["n2"], sizes.eps)

    def attend(self, q, k, v):
        """One sequence looks at itself; each is (seq, hidden)."""
        width = q.shape[-1] if self.fault == "scale" else q.shape[-1] // self.heads
        heads = zip(*(x.chunk(self.heads, dim=-1) for x in (q, k, v)), strict=True)
        return torch.cat([(a @ b.T / width**0.5).softmax(-1) @ c for a, b, c in heads], dim=-1)

    def forward(self, x, lengths):
        rows = (part(x).split(lengths) for part in (self.q, self.k, self.v))
        context = torch.cat([self.attend(*row) for row in zip(*rows, strict=True)])
        x = self.n1(x + self.o(context))
        return self.n2(x + self.down(gelu(self.up(x), self.fault)))


class RaggedModel(Stack):
    layer = RaggedLayer

    def forward(self, ids, places, kinds, lengths):
        x = self.embed(ids[None], kinds[None], places[None])[0]
        for layer in self.layers:
            x = layer(x, lengths)
        return x


class Ragged:
    """The judge sees each LayerNorm's output as a batch: a hook pads it, shows it, packs it again.

    A `take` that pads would only show it; a hook also passes on what the judge puts there.
    """

    faults: ClassVar = {}
    unsupported: ClassVar = {"position_ids"}
    stages: ClassVar = {
        "encoder.layer.{i}.attention.output.LayerNorm": "layers.{i}.n1.padded",
        "encoder.layer.{i}": "layers.{i}.n2.padded",
    }

    def build(self, config, weights):
        model = RaggedModel(Sizes.of(config), weights, self.faults)
        for layer in model.layers:
            for made in (layer.n1, layer.n2):
                made.padded = nn.Identity()
                made.register_forward_hook(
                    lambda module, _, x: module.padded(self.pad(x))[self.tokens]
                )
        return model

    def pad(self, x):
        padded = x.new_zeros(*self.tokens.shape, x.shape[-1])
        padded[self.tokens] = x
        return padded

    def forward(self, model, batch):
        ids = batch["input_ids"]
        self.tokens = batch.get("attention_mask", torch.ones_like(ids)).bool()
        kinds = batch.get("token_type_ids", torch.zeros_like(ids))
        places = torch.arange(ids.shape[1]).expand_as(ids)
        lengths = self.tokens.sum(1).tolist()
        return self.pad(model(*(x[self.tokens] for x in (ids, places, kinds)), lengths))
