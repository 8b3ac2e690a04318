"""Correct BERTs written in other ways: the judge must not accuse them.

Here a stage is computed by other operations, which is an edit, as a mistake is.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from parity.core.mistake import Injection, Make, Mistake
from parity.core.scene import Scene
from parity.model.mistakes.attention_mask import lowered, masked, unmasked
from parity.model.mistakes.loading import LINEAR
from parity.model.mistakes.norms import STAGES as NORMS
from parity.self_test.mutants import MutantModel
from parity.self_test.variant_models import MODELS

_LAYER = "encoder.layer.{i}"
_SELF = f"{_LAYER}.attention.self"


def _other_order(scene: Scene) -> Tensor:
    words, segments, positions = (
        scene.made[f"embeddings.{name}_embeddings"] for name in ("word", "token_type", "position")
    )
    return positions + (segments + words)


def _norm_by_hand(scene: Scene) -> Tensor:
    centered = scene.to_normalize - scene.to_normalize.mean(-1, keepdim=True)
    spread = (centered.square().mean(-1, keepdim=True) + scene.config["layer_norm_eps"]).sqrt()
    return scene.affine(centered / spread)


def _scaled_query(scene: Scene) -> Tensor:
    query = scene.heads("query") / math.sqrt(scene.heads("query").shape[-1])
    return masked(query @ scene.heads("key").transpose(2, 3), scene.keys)


def _divided(scene: Scene) -> Tensor:
    dots = torch.einsum("bhqd,bhkd->bhqk", scene.heads("query"), scene.heads("key"))
    return masked(dots / math.sqrt(scene.heads("query").shape[-1]), scene.keys)


def _exponentials(scene: Scene) -> Tensor:
    scores = scene["attention.self.scores"]
    raised = (scores - scores.amax(-1, keepdim=True)).exp()
    return raised / raised.sum(-1, keepdim=True)


def _head_by_head(scene: Scene) -> Tensor:
    heads = scene.config["num_attention_heads"]
    parts = zip(scene.weight.chunk(heads), scene.bias.chunk(heads), strict=True)
    return torch.cat([F.linear(scene.input, *part) for part in parts], -1)


def _matrix_first(scene: Scene) -> Tensor:
    return (scene.weight @ scene.input.transpose(-1, -2)).transpose(-1, -2) + scene.bias


_EDITS: dict[str, tuple[tuple[str, ...], Make]] = {
    "the embeddings added in another order": (("embeddings.sum",), _other_order),
    "LayerNorm written out": (NORMS, _norm_by_hand),
    "the query scaled before the product": ((f"{_SELF}.scores",), _scaled_query),
    "scores by einsum, divided": ((f"{_SELF}.scores",), _divided),
    "softmax written out": ((f"{_SELF}.probabilities",), _exponentials),
    "a mask of -10000": ((f"{_SELF}.scores",), lambda s: lowered(s, -1e4)),
    "a mask of minus infinity": (
        (f"{_SELF}.scores",),
        lambda s: unmasked(s).masked_fill(~s.keys, -torch.inf),
    ),
    "each head's query by itself": ((f"{_SELF}.query",), _head_by_head),
    "linear layers as W x + b": ((*LINEAR, "pooler.dense"), _matrix_first),
    "GELU written out": (
        (f"{_LAYER}.intermediate",),
        lambda s: s.input * (1 + torch.erf(s.input / math.sqrt(2))) / 2,
    ),
    "the pooler's tanh by exponentials": (
        ("pooler",),
        lambda s: 2 / (1 + (-2 * s.input).exp()) - 1,
    ),
}


def variants(names: Sequence[str], layers: int) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Yield what each is called, and its maker.

    Args:
        names: a model's stages.
        layers: how many it has.
    """
    yield from MODELS.items()
    for name, (stages, make) in _EDITS.items():
        mistake = Mistake(name, stages, make)
        places = mistake.places(names, layers)
        yield name, partial(MutantModel, [Injection(mistake, place) for place in places])
