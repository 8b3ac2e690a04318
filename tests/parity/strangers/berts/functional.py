"""No modules inside, only functions of a dictionary of parameters; it returns a dataclass."""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn
from torch.nn import functional as F

from tests.parity.strangers.berts.shared import Sizes, allowed, broken, gelu, layer_weights, split

__getattr__ = broken(globals())


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
