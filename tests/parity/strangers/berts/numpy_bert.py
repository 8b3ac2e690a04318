"""Another framework: numpy knows nothing of modules, so what is to be seen is shown to some."""

import math
from typing import ClassVar

import numpy as np
import torch
from torch import nn

from tests.parity.strangers.berts.shared import Sizes, broken, layer_weights

__getattr__ = broken(globals())


def norm(x, gain, shift, eps):
    centered = x - x.mean(-1, keepdims=True)
    return centered / np.sqrt((centered**2).mean(-1, keepdims=True) + eps) * gain + shift


def gelu(x, fault):
    if fault == "tanh":
        return x / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    return x / 2 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


class NumpyBert:
    """Shows what it computes to `look(name, array)`, and goes on with what that returns."""

    def __init__(self, sizes, weights, faults):
        self.sizes, self.faults = sizes, faults
        self.w = {name: tensor.double().numpy() for name, tensor in weights.items()}

    def linear(self, x, name):
        return x @ self.w[f"{name}.weight"].T + self.w[f"{name}.bias"]

    def embed(self, ids, kinds):
        words, places, segments = (
            self.w[f"embeddings.{name}_embeddings.weight"]
            for name in ("word", "position", "token_type")
        )
        if ids.shape[1] > len(places):
            raise ValueError(f"{ids.shape[1]} tokens")
        x = words[ids] + places[: ids.shape[1]] + segments[kinds]
        names = [f"embeddings.LayerNorm.{name}" for name in ("weight", "bias")]
        return norm(x, *(self.w[name] for name in names), self.sizes.eps)

    def layer(self, x, mask, i, look):
        w, fault = layer_weights(self.w, i), self.faults.get(i)
        heads = (*x.shape[:2], self.sizes.heads, -1)
        q, k, v = (
            (x @ w[n][0].T + w[n][1]).reshape(heads).swapaxes(1, 2) for n in "qkv"
        )  # (batch, heads, seq, head_dim)
        width = x.shape[-1] if fault == "scale" else q.shape[-1]
        scores = q @ k.swapaxes(-1, -2) / math.sqrt(width)
        scores = np.where(mask[:, None, None, :] > 0, scores, -np.inf)
        raised = np.exp(scores - scores.max(-1, keepdims=True))
        context = (raised / raised.sum(-1, keepdims=True) @ v).swapaxes(1, 2).reshape(x.shape)
        context = look(f"context {i}", context)
        eps = 1e-5 if fault == "eps" else self.sizes.eps
        x = look(f"middle {i}", norm(x + context @ w["o"][0].T + w["o"][1], *w["n1"], eps))
        inner = look(f"inner {i}", gelu(x @ w["up"][0].T + w["up"][1], fault))
        x = norm(x + inner @ w["down"][0].T + w["down"][1], *w["n2"], self.sizes.eps)
        return look(f"layer {i}", x)

    def __call__(self, ids, mask, kinds, look):
        x = look("embeddings", self.embed(ids, kinds))
        for i in range(self.sizes.layers):
            x = self.layer(x, mask, i, look)
        return x, np.tanh(self.linear(x[:, 0], "pooler.dense"))


PLACES = ("context", "middle", "inner", "layer")


class Thin(nn.Module):
    def __init__(self, bert):
        super().__init__()
        self.bert = bert
        places = [f"{n} {i}" for i in range(bert.sizes.layers) for n in PLACES]
        self.seen = nn.ModuleDict({name: nn.Identity() for name in ("embeddings", *places)})

    def look(self, name, array):
        return self.seen[name](torch.from_numpy(array)).numpy()

    def forward(self, input_ids, attention_mask=None, token_type_ids=None):
        mask = torch.ones_like(input_ids) if attention_mask is None else attention_mask
        kinds = torch.zeros_like(input_ids) if token_type_ids is None else token_type_ids
        hidden, pooled = self.bert(input_ids.numpy(), mask.numpy(), kinds.numpy(), self.look)
        return torch.from_numpy(hidden), torch.from_numpy(pooled)


class Numpy:
    """An nn.Identity for each place: the judge sees what goes through it, and can change it."""

    faults: ClassVar = {}
    stages: ClassVar = {
        "embeddings": "seen.embeddings",
        "encoder.layer.{i}.attention.self": "seen.context {i}",
        "encoder.layer.{i}.attention.output.LayerNorm": "seen.middle {i}",
        "encoder.layer.{i}.intermediate": "seen.inner {i}",
        "encoder.layer.{i}": "seen.layer {i}",
    }

    def build(self, config, weights):
        return Thin(NumpyBert(Sizes.of(config), weights, self.faults))
