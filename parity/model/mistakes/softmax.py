"""Softmax mistakes."""

from typing import Any

import torch
from torch import Tensor

from parity.core.mistake import Make, Mistake
from parity.core.scene import Scene
from parity.model.mistakes.attention_mask import hidden, keys, unmasked

_PROBABILITIES = "encoder.layer.{i}.attention.self.probabilities"


def _kept(scene: Scene) -> Tensor:
    return hidden(scene, keys(scene.mask))


def _off_by_one(scene: Scene) -> Tensor:
    scores = _kept(scene)
    nothing = torch.zeros_like(scores[..., :1])
    return torch.cat((scores, nothing), -1).softmax(-1)[..., :-1]


def _sharp(scene: Scene) -> Tensor:
    scores = _kept(scene)
    return (scores == scores.amax(-1, keepdim=True)).to(scores)


def _mistake(name: str, wrong: Make, description: str, fix: str, **more: Any) -> Mistake:
    return Mistake(name, (_PROBABILITIES,), wrong, description=description, fix=fix, **more)


_SOFTMAX = "softmax over the keys: dim=-1 of (batch, heads, query, key)"

MISTAKES = (
    _mistake(
        "softmax-over-queries",
        lambda s: _kept(s).softmax(2),
        "the softmax is taken over the queries: columns sum to 1, not rows",
        _SOFTMAX,
    ),
    _mistake(
        "softmax-over-heads",
        lambda s: _kept(s).softmax(1),
        "the softmax is taken over the heads",
        _SOFTMAX,
        seen="F.softmax without a dim, which chose 1 for four dimensions",
    ),
    _mistake(
        "softmax-twice",
        lambda s: s.right.softmax(-1),
        "the softmax is taken twice",
        "once; padding has probability 0 after it",
    ),
    _mistake(
        "softmax-missing",
        lambda s: unmasked(s) * keys(s.mask),
        "there is no softmax: scores weigh the values as they are",
        _SOFTMAX,
    ),
    _mistake(
        "softmax-plus-1",
        _off_by_one,
        "1 is added to the softmax's denominator, so that rows sum to less than 1",
        "BERT's rows sum to 1",
    ),
    _mistake(
        "softmax-sharp",
        _sharp,
        "each token takes the value of the best key alone",
        "softmax, not argmax",
    ),
    _mistake(
        "softmax-sigmoid",
        lambda s: _kept(s).sigmoid(),
        "a sigmoid stands in the softmax's place",
        _SOFTMAX,
    ),
    _mistake(
        "softmax-in-float32",
        lambda s: s["attention.self.scores"].float().softmax(-1).to(s.right),
        "the softmax computes in float32 though the model computes in double",
        "harmless in a float32 model; let it keep the dtype to be comparable",
        detected_by="double precision",
        seen="code that calls .float() for the sake of half precision",
    ),
)
