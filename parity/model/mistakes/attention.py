"""Attention mistakes."""

from collections.abc import Callable

import torch
from torch import Tensor

from parity.core.mistake import Mistake, StageMistakes
from parity.core.scene import Scene
from parity.model.mistakes.attention_mask import dots, masked, unmasked
from scratch_bert.model.attention import BertSelfAttention, eager_attention
from scratch_bert.model.feed_forward import BertOutput

_SELF = "encoder.layer.{i}.attention.self"

MISTAKES: list[Mistake] = []
SCORES = StageMistakes(MISTAKES, eager_attention, f"{_SELF}.scores")
HEADS = StageMistakes(MISTAKES, BertSelfAttention.attend, _SELF)
SCORES_AND_HEADS = StageMistakes(
    MISTAKES, BertSelfAttention.split_heads, f"{_SELF}.scores", _SELF, together=True
)
QUERY_AND_KEY = StageMistakes(
    MISTAKES, BertSelfAttention.forward, f"{_SELF}.query", f"{_SELF}.key", together=True
)
KEY_AND_VALUE = StageMistakes(
    MISTAKES, BertSelfAttention.forward, f"{_SELF}.key", f"{_SELF}.value", together=True
)
PROJECTION = StageMistakes(MISTAKES, BertOutput.forward, "encoder.layer.{i}.attention.output.dense")

_SCALE = "divide by sqrt(head_dim): hidden_size // num_attention_heads, under a root"
_FUSED = "check the order in which a fused matrix is cut: query, key, value"
_DOUBLE = "double precision, and a head_dim that is no power of 4"
_SAME_IN_FLOAT32 = "a float32 model computes the same"
_TRAINED = "trained weights; fresh ones hide it"


def _scaled(scene: Scene, scale: float) -> Tensor:
    return _as_masked(scene, dots(scene) * scale)


def _as_masked(scene: Scene, scores: Tensor) -> Tensor:
    """Mask scores where they are masked by now, be it by another mistake."""
    return masked(scores, scene.right > torch.finfo(scene.right.dtype).min / 2)


def _head_dim(scene: Scene) -> int:
    return scene.heads("query").shape[-1]


def _split_otherwise(scene: Scene, split: Callable[[Tensor, int], Tensor]) -> Tensor:
    """Return the scores, or the context of each head, with heads made by `split`."""

    def heads(name: str) -> Tensor:
        return split(scene[f"attention.self.{name}"], scene.config["num_attention_heads"])

    if scene.stage.endswith("scores"):
        scores = heads("query") @ heads("key").transpose(2, 3) * _head_dim(scene) ** -0.5
        return masked(scores, scene.keys)
    return scene["attention.self.probabilities"] @ heads("value")


def _by_view(states: Tensor, heads: int) -> Tensor:
    batch, seq, _ = states.shape
    return states.reshape(batch, heads, seq, -1)


def _every_nth(states: Tensor, heads: int) -> Tensor:
    batch, seq, _ = states.shape
    return states.reshape(batch, seq, -1, heads).permute(0, 3, 1, 2)


def _mixed(scene: Scene) -> Tensor:
    return scene["attention.self.probabilities"] @ scene.heads("value")


def _exchanged(scene: Scene, first: str, second: str) -> Tensor:
    other = second if scene.stage.endswith(first) else first
    return scene.linear(scene.input, f"attention.self.{other}")


@SCORES("scale-missing", _SCALE, _TRAINED, seen="T5, where it is right")
def scale_is_missing(scene: Scene) -> Tensor:
    """Scores are not divided by √head_dim."""
    return _scaled(scene, 1.0)


@SCORES("scale-of-hidden", _SCALE, _TRAINED)
def scale_is_of_hidden(scene: Scene) -> Tensor:
    """Scores are divided by √hidden, not by √head_dim."""
    return _scaled(scene, scene["attention.self.query"].shape[-1] ** -0.5)


@SCORES("scale-not-rooted", _SCALE, _TRAINED)
def scale_has_no_root(scene: Scene) -> Tensor:
    """Scores are divided by head_dim, without the root."""
    return _scaled(scene, 1 / _head_dim(scene))


@SCORES("scale-of-heads", _SCALE, _TRAINED)
def scale_is_of_number_of_heads(scene: Scene) -> Tensor:
    """Scores are divided by the root of the number of heads."""
    return _scaled(scene, scene.config["num_attention_heads"] ** -0.5)


@SCORES("scale-multiplied", _SCALE)
def scale_is_multiplied(scene: Scene) -> Tensor:
    """Scores are multiplied by √head_dim."""
    return _scaled(scene, _head_dim(scene) ** 0.5)


@SCORES("scale-rounded", _SCALE, _DOUBLE, harmless=_SAME_IN_FLOAT32)
def scale_is_rounded(scene: Scene) -> Tensor:
    """1 / √head_dim is rounded to float32."""
    return _scaled(scene, float(torch.tensor(_head_dim(scene) ** -0.5, dtype=torch.float32)))


@SCORES("scale-root-rounded", _SCALE, _DOUBLE, harmless=_SAME_IN_FLOAT32)
def scale_is_of_rounded_root(scene: Scene) -> Tensor:
    """√head_dim is rounded to float32."""
    root = float(torch.tensor(_head_dim(scene) ** 0.5, dtype=torch.float32))
    return _as_masked(scene, dots(scene) / root)


@SCORES("scale", _SCALE, values=(0.01, 0.05, 0.2, 0.5, 2.0))
def scale_is_another(scene: Scene) -> Tensor:
    """Q Kᵀ is multiplied by {value}, not by 1 / √head_dim."""
    return _scaled(scene, scene.value)


@SCORES("scale-multiple", _SCALE, values=(-1.0, 0.5, 2.0))
def scale_is_a_multiple(scene: Scene) -> Tensor:
    """Q Kᵀ is multiplied by {value} / √head_dim."""
    return _scaled(scene, scene.value * _head_dim(scene) ** -0.5)


@SCORES("scale-of-head-dim", _SCALE, values=(-0.5, 0.5, 1e-3))
def scale_grows_with_head_dim(scene: Scene) -> Tensor:
    """Q Kᵀ is multiplied by {value} · head_dim, not by 1 / √head_dim."""
    return _scaled(scene, scene.value * _head_dim(scene))


@SCORES("scale-to-another-power", _SCALE, values=(-0.25, -1.5, -0.75, -1 / 3, -2.0, -4.0, 1.0))
def scale_is_to_another_power(scene: Scene) -> Tensor:
    """Q Kᵀ is multiplied by head_dim ** {value}, not by head_dim ** -0.5."""
    return _scaled(scene, _head_dim(scene) ** scene.value)


@SCORES(
    "query-for-key", "rows are queries, columns are keys: query @ key.transpose(-1, -2)", _TRAINED
)
def query_stands_for_key(scene: Scene) -> Tensor:
    """Scores are K Qᵀ: queries and keys are exchanged."""
    return masked(unmasked(scene).transpose(2, 3), scene.keys)


@QUERY_AND_KEY("query-key-exchanged", _FUSED, _TRAINED)
def query_and_key_are_exchanged(scene: Scene) -> Tensor:
    """Query and key have each other's weights."""
    return _exchanged(scene, "query", "key")


@KEY_AND_VALUE("key-value-exchanged", _FUSED, _TRAINED)
def key_and_value_are_exchanged(scene: Scene) -> Tensor:
    """Key and value have each other's weights."""
    return _exchanged(scene, "key", "value")


@SCORES_AND_HEADS("heads-cut-by-view", "view(batch, seq, heads, head_dim).transpose(1, 2)")
def heads_are_cut_by_view(scene: Scene) -> Tensor:
    """Heads are cut by view() alone, so that tokens and features mix."""
    return _split_otherwise(scene, _by_view).reshape_as(scene.right)


@SCORES_AND_HEADS(
    "heads-interleaved", "view(batch, seq, heads, head_dim): heads first, then head_dim"
)
def heads_are_interleaved(scene: Scene) -> Tensor:
    """A head has every n-th feature, not a contiguous span."""
    made = _split_otherwise(scene, _every_nth)
    return made if scene.stage.endswith("scores") else made.permute(0, 2, 3, 1).flatten(2)


@SCORES(
    "one-head",
    "cut into num_attention_heads heads",
    "the shape of the scores",
    breaks=BertSelfAttention.split_heads,
)
def head_is_one(scene: Scene) -> Tensor:
    """There is one head as wide as the model."""
    query, key = scene["attention.self.query"], scene["attention.self.key"]
    scores = (query @ key.transpose(1, 2))[:, None] * query.shape[-1] ** -0.5
    return masked(scores, scene.keys)


@HEADS("heads-not-joined", "context.transpose(1, 2).reshape(batch, seq, hidden)")
def heads_are_not_transposed_back(scene: Scene) -> Tensor:
    """Heads are joined without transpose(1, 2), so that tokens and features mix."""
    return _mixed(scene).reshape_as(scene.right)


@HEADS("heads-joined-across", "head after head: transpose(1, 2), then reshape")
def heads_are_joined_by_feature(scene: Scene) -> Tensor:
    """Heads are joined feature by feature."""
    return _mixed(scene).permute(0, 2, 3, 1).flatten(2)


@HEADS("heads-joined-backwards", "head 0 comes first")
def heads_are_joined_backwards(scene: Scene) -> Tensor:
    """Heads are joined from the last to the first."""
    return _mixed(scene).flip(1).transpose(1, 2).flatten(2)


@PROJECTION("attention-projection-missing", "attention.output.dense follows the heads")
def projection_is_missing(scene: Scene) -> Tensor:
    """The joined heads are not projected."""
    return scene.input
