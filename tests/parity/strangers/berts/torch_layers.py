"""torch's own encoder layer, nn.TransformerEncoderLayer; no pooler; it returns a tensor."""

import math
from functools import partial
from typing import ClassVar

import torch
from torch import nn

from tests.parity.strangers.berts.shared import EMBED_STAGES, Sizes, Stack, broken, gelu

__getattr__ = broken(globals())


def torch_layer(w, sizes, fault):
    layer = nn.TransformerEncoderLayer(
        sizes.hidden,
        sizes.heads,
        dim_feedforward=w["up"][0].shape[0],
        activation=partial(gelu, fault=fault) if fault == "tanh" else "gelu",
        layer_norm_eps=sizes.eps,
        batch_first=True,
    )
    layer.norm1.eps = 1e-5 if fault == "eps" else sizes.eps
    q = w["q"]
    if fault == "scale":  # of the scores; the layer itself has no such setting
        q = [x * math.sqrt(1 / sizes.heads) for x in q]
    (qw, qb), (kw, kb), (vw, vb) = q, w["k"], w["v"]
    state = {
        "self_attn.in_proj_weight": torch.cat([qw, kw, vw]),
        "self_attn.in_proj_bias": torch.cat([qb, kb, vb]),
    }
    parts = {
        "self_attn.out_proj": "o",
        "norm1": "n1",
        "linear1": "up",
        "linear2": "down",
        "norm2": "n2",
    }
    for theirs, ours in parts.items():
        state[f"{theirs}.weight"], state[f"{theirs}.bias"] = w[ours]
    layer.load_state_dict(state)
    return layer


class TorchModel(Stack):
    layer = staticmethod(torch_layer)

    def forward(self, input_ids, attention_mask=None, token_type_ids=None, position_ids=None):
        x = self.embed(input_ids, token_type_ids, position_ids)
        padding = None if attention_mask is None else attention_mask == 0
        for layer in self.layers:
            x = layer(x, src_key_padding_mask=padding)
        return x


class Torch:
    """Query, key and value have no module, and `out_proj` is never called: its weights are read.

    In eval mode such a layer computes everything in one kernel, in which no stage can be seen,
    unless it or a part of it has a hook. Naming stages is enough to get the readable way.
    """

    faults: ClassVar = {}
    stages: ClassVar = {
        **EMBED_STAGES,
        "encoder.layer.{i}.attention.output.dense": "layers.{i}.self_attn",
        "encoder.layer.{i}.attention.output.sum": "layers.{i}.norm1:in",
        "encoder.layer.{i}.attention.output.LayerNorm": "layers.{i}.norm1",
        "encoder.layer.{i}.intermediate.dense": "layers.{i}.linear1",
        "encoder.layer.{i}.intermediate": "layers.{i}.linear2:in",
        "encoder.layer.{i}.output.dense": "layers.{i}.linear2",
        "encoder.layer.{i}.output.sum": "layers.{i}.norm2:in",
        "encoder.layer.{i}": "layers.{i}",
    }

    def build(self, config, weights):
        return TorchModel(Sizes.of(config), weights, self.faults)


class TorchFast(Torch):
    """Without inner stages that kernel is what is judged, as in everyday use."""

    stages: ClassVar = EMBED_STAGES
