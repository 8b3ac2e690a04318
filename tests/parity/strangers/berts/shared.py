"""What the BERTs of this folder have in common: weights, embeddings, GELU, and names for faults."""

from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional as F


def broken(file):
    """Make a file's `__getattr__`: `Fused_1_eps` is its Fused with a fault in layer 1.

    There are "eps" (the first LayerNorm's is 1e-5), "tanh" (the GELU's approximation) and "scale"
    (scores scaled by the hidden size). `Fused_0_eps_2_tanh` has two.
    """

    def find(name):
        layout, *faults = name.split("_")
        if layout not in file or not faults:
            raise AttributeError(name)
        by_layer = dict(zip(map(int, faults[::2]), faults[1::2], strict=True))
        return type(name, (file[layout],), {"faults": by_layer})

    return find


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


class Stack(nn.Module):
    """Embeddings, and layers that `layer` makes."""

    def __init__(self, sizes, weights, faults):
        super().__init__()
        self.embed = Embed(weights, sizes.eps)
        self.layers = nn.ModuleList(
            self.layer(layer_weights(weights, i), sizes, faults.get(i)) for i in range(sizes.layers)
        )


def gelu(x, fault):
    return F.gelu(x, approximate="tanh" if fault == "tanh" else "none")


def split(x, heads):
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)


def allowed(mask):
    return None if mask is None else mask[:, None, None, :].bool()
