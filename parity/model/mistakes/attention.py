"""Attention mistakes."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from parity.core.mistake import Make, Mistake
from parity.core.scene import Scene
from parity.model.mistakes.attention_mask import keys

_SELF = "encoder.layer.{i}.attention.self"
_SCORES, _PROBABILITIES = f"{_SELF}.scores", f"{_SELF}.probabilities"
_QUERY, _KEY, _VALUE = f"{_SELF}.query", f"{_SELF}.key", f"{_SELF}.value"
_DENSE = "encoder.layer.{i}.attention.output.dense"
_SUM = "encoder.layer.{i}.attention.output.sum"


def _masked(scene: Scene, scores: Tensor) -> Tensor:
    least = torch.finfo(scores.dtype).min
    return scores.masked_fill(~keys(scene.mask), least)


def _dots(scene: Scene) -> Tensor:
    return scene.heads("query") @ scene.heads("key").transpose(2, 3)


def _scaled(scale: Callable[[Scene], float]) -> Make:
    """Replace the scale; `scale` is what Q Kᵀ is multiplied with."""
    return lambda scene: _masked(scene, _dots(scene) * scale(scene))


def _head_dim(scene: Scene) -> int:
    return scene.heads("query").shape[-1]


def _cut(scene: Scene, name: str) -> Tensor:
    """Cut into heads by view alone, so that a head has some of the tokens."""
    states = scene[f"attention.self.{name}"]
    batch, seq, _ = states.shape
    return states.reshape(batch, scene.config["num_attention_heads"], seq, -1)


def _cut_by_view(scene: Scene) -> Tensor:
    if scene.stage.endswith("scores"):
        dots = _cut(scene, "query") @ _cut(scene, "key").transpose(2, 3)
        return _masked(scene, dots * _head_dim(scene) ** -0.5)
    return (scene["attention.self.probabilities"] @ _cut(scene, "value")).reshape_as(scene.right)


def _every_nth(scene: Scene, name: str) -> Tensor:
    """Cut into heads as (head_dim, heads), so that a head has every n-th feature."""
    states = scene[f"attention.self.{name}"]
    batch, seq, _ = states.shape
    heads = scene.config["num_attention_heads"]
    return states.reshape(batch, seq, -1, heads).permute(0, 3, 1, 2)


def _interleaved(scene: Scene) -> Tensor:
    if scene.stage.endswith("scores"):
        dots = _every_nth(scene, "query") @ _every_nth(scene, "key").transpose(2, 3)
        return _masked(scene, dots * _head_dim(scene) ** -0.5)
    mixed = scene["attention.self.probabilities"] @ _every_nth(scene, "value")
    return mixed.permute(0, 2, 3, 1).flatten(2)


def _mixed(scene: Scene) -> Tensor:
    return scene["attention.self.probabilities"] @ scene.heads("value")


def _one_head(scene: Scene) -> Tensor:
    query, key = scene["attention.self.query"], scene["attention.self.key"]
    dots = (query @ key.transpose(1, 2))[:, None] * query.shape[-1] ** -0.5
    return _masked(scene, dots)


def _exchanged(first: str, second: str) -> Make:
    """Use one of two linear layers for the other."""

    def other(scene: Scene) -> Tensor:
        last = second if scene.stage.endswith(first) else first
        return scene.linear(scene.entered, f"{scene.layer}.attention.self.{last}")

    return other


def _mistake(
    name: str, stage: str, wrong: Make, description: str, fix: str, **more: Any
) -> Mistake:
    return Mistake(name, (stage,), wrong, description=description, fix=fix, **more)


_SCALE = "divide by sqrt(head_dim): hidden_size // num_attention_heads, under a root"
_TRAINED = "trained weights; fresh ones hide it"

MISTAKES = (
    _mistake(
        "scale-missing",
        _SCORES,
        _scaled(lambda _: 1.0),
        "scores are not divided by √head_dim",
        _SCALE,
        detected_by=_TRAINED,
        seen="T5, where it is right",
    ),
    _mistake(
        "scale-of-hidden",
        _SCORES,
        _scaled(lambda s: float(s["attention.self.query"].shape[-1] ** -0.5)),
        "scores are divided by √hidden, not by √head_dim",
        _SCALE,
        detected_by=_TRAINED,
    ),
    _mistake(
        "scale-not-rooted",
        _SCORES,
        _scaled(lambda s: 1 / _head_dim(s)),
        "scores are divided by head_dim, without the root",
        _SCALE,
        detected_by=_TRAINED,
    ),
    _mistake(
        "scale-of-heads",
        _SCORES,
        _scaled(lambda s: float(s.config["num_attention_heads"] ** -0.5)),
        "scores are divided by the root of the number of heads",
        _SCALE,
        detected_by=_TRAINED,
    ),
    _mistake(
        "scale-multiplied",
        _SCORES,
        _scaled(lambda s: float(_head_dim(s) ** 0.5)),
        "scores are multiplied by √head_dim",
        _SCALE,
    ),
    _mistake(
        "scale",
        _SCORES,
        lambda s: _masked(s, _dots(s) * s.value),
        "Q Kᵀ is multiplied by {value}, not by 1 / √head_dim",
        _SCALE,
        values=(0.01, 0.05, 0.2, 0.5, 2.0),
    ),
    _mistake(
        "query-for-key",
        _SCORES,
        lambda s: _masked(s, _dots(s).transpose(2, 3) * _head_dim(s) ** -0.5),
        "scores are K Qᵀ: each token is asked what it should ask",
        "rows are queries, columns are keys: query @ key.transpose(-1, -2)",
        detected_by=_TRAINED,
    ),
    Mistake(
        "query-key-exchanged",
        (_QUERY, _KEY),
        _exchanged("query", "key"),
        description="query and key have each other's weights",
        fix="check the order in which a fused matrix is cut: query, key, value",
        detected_by=_TRAINED,
        together=True,
    ),
    Mistake(
        "key-value-exchanged",
        (_KEY, _VALUE),
        _exchanged("key", "value"),
        description="key and value have each other's weights",
        fix="check the order in which a fused matrix is cut: query, key, value",
        detected_by=_TRAINED,
        together=True,
    ),
    Mistake(
        "heads-cut-by-view",
        (_SCORES, _SELF),
        _cut_by_view,
        description="heads are cut by view() alone, so that tokens and features mix",
        fix="view(batch, seq, heads, head_dim).transpose(1, 2)",
        together=True,
    ),
    Mistake(
        "heads-interleaved",
        (_SCORES, _SELF),
        _interleaved,
        description="a head has every n-th feature, not a stretch of them",
        fix="view(batch, seq, heads, head_dim): heads first, then head_dim",
        together=True,
    ),
    _mistake(
        "one-head",
        _SCORES,
        _one_head,
        "there is one head as wide as the model",
        "cut into num_attention_heads heads",
        detected_by="the shape of the scores",
    ),
    _mistake(
        "heads-not-joined",
        _SELF,
        lambda s: _mixed(s).reshape_as(s.right),
        "heads are joined without transpose(1, 2), so that tokens and features mix",
        "context.transpose(1, 2).reshape(batch, seq, hidden)",
    ),
    _mistake(
        "heads-joined-across",
        _SELF,
        lambda s: _mixed(s).permute(0, 2, 3, 1).flatten(2),
        "heads are joined feature by feature",
        "head after head: transpose(1, 2), then reshape",
    ),
    _mistake(
        "heads-joined-backwards",
        _SELF,
        lambda s: _mixed(s).flip(1).transpose(1, 2).flatten(2),
        "heads are joined from the last to the first",
        "head 0 comes first",
    ),
    _mistake(
        "attention-projection-missing",
        _DENSE,
        lambda s: s.entered,
        "the joined heads are not projected",
        "attention.output.dense follows the heads",
    ),
)
