"""Attention-mask mistakes.

What stands for "not attended" in the scores is each implementation's own business, so a wrong mask
shows at the probabilities.
"""

import torch
from torch import Tensor

from parity.core.mistake import Mistake, StageMistakes
from parity.core.scene import Scene
from scratch_bert.model.attention import additive_mask, eager_attention

MISTAKES: list[Mistake] = []
_SELF = "encoder.layer.{i}.attention.self"
SCORES = StageMistakes(MISTAKES, additive_mask, f"{_SELF}.scores")
PROBABILITIES = StageMistakes(MISTAKES, additive_mask, f"{_SELF}.probabilities")
AFTER_SOFTMAX = StageMistakes(
    MISTAKES, eager_attention, f"{_SELF}.probabilities", _SELF, together=True
)
FORMULA = StageMistakes(MISTAKES, eager_attention, f"{_SELF}.probabilities")

_ADD = "add a very negative number where attention_mask is 0, before the softmax"
_ROUNDING = 1e-12  # of the largest score, between two ways to multiply by a scale
_ENOUGH = "torch.finfo(dtype).min, or -10000 as in the original code"
_PADDED = "a padded batch"


def dots(scene: Scene) -> Tensor:
    """Q Kᵀ, (batch, heads, query, key)."""
    return scene.heads("query") @ scene.heads("key").transpose(2, 3)


def unmasked(scene: Scene) -> Tensor:
    """Q Kᵀ / √head_dim, (batch, heads, query, key); with another scale if a mistake made one."""
    scores = dots(scene) * scene.heads("query").shape[-1] ** -0.5
    made = scene.made.get(f"{scene.layer}.attention.self.scores")
    if made is None or made.shape != scores.shape:
        return scores
    seen = (made > torch.finfo(made.dtype).min / 2) & (scores != 0)
    scale = (made[seen] / scores[seen]).detach().median()
    same = (made - scores * scale)[seen].abs() <= _ROUNDING * made[seen].abs().max()
    return scores * scale if seen.any() and bool(same.all()) else scores


def masked(scores: Tensor, kept: Tensor) -> Tensor:
    """Lower the scores of keys that are not `kept` so far that their probabilities are 0.

    By addition, as HuggingFace does: so what flows back through these scores is the same, too.
    """
    return scores + torch.finfo(scores.dtype).min * (~kept).to(scores)


def _attending(scene: Scene, kept: Tensor) -> Tensor:
    return masked(unmasked(scene), kept).softmax(-1)


def lowered(scene: Scene, constant: float) -> Tensor:
    """Q Kᵀ / √head_dim, with a constant added to the scores of padding."""
    return unmasked(scene) + (constant * ~scene.keys).to(scene.right)


@FORMULA(
    "mask-ignored",
    f"{_ADD}; its shape is (batch, 1, 1, seq), for a whole row of queries it changes nothing",
    _PADDED,
)
def mask_is_ignored(scene: Scene) -> Tensor:
    """The attention mask is ignored: tokens attend to padding."""
    return unmasked(scene).softmax(-1)


@PROBABILITIES(
    "mask-inverted",
    "1 is a token. torch.nn.MultiheadAttention's key_padding_mask has it the other way",
    seen="key_padding_mask=attention_mask",
)
def mask_is_inverted(scene: Scene) -> Tensor:
    """Tokens attend to padding alone: the mask's 1 and 0 are exchanged."""
    least = torch.finfo(scene.right.dtype).min
    return (unmasked(scene) + (least * scene.keys).to(scene.right)).softmax(-1)


@FORMULA("mask-after-softmax", _ADD, _PADDED)
def mask_comes_after_softmax(scene: Scene) -> Tensor:
    """The mask is applied after the softmax, so that rows no longer sum to 1."""
    return unmasked(scene).softmax(-1) * scene.keys


@AFTER_SOFTMAX(
    "mask-after-seen-softmax", _ADD, _PADDED, seen="softmax(scores) * mask, in two lines"
)
def mask_follows_the_softmax(scene: Scene) -> Tensor:
    """The mask is applied to what the softmax returned, so that rows no longer sum to 1."""
    if scene.stage.endswith("probabilities"):
        return unmasked(scene).softmax(-1)
    mixed = scene["attention.self.probabilities"] * scene.keys @ scene.heads("value")
    return mixed.transpose(1, 2).flatten(2)


@FORMULA("mask-multiplied", _ADD, _PADDED)
def scores_are_multiplied_by_mask(scene: Scene) -> Tensor:
    """Scores are multiplied by the mask: those of padding are 0, and 0 attends."""
    return (unmasked(scene) * scene.keys).softmax(-1)


@PROBABILITIES("mask-of-0-and-1", "(1 - mask) * a very negative number", _PADDED)
def mask_is_added_as_it_is(scene: Scene) -> Tensor:
    """The mask's 0 and 1 are added to the scores as they are, or the constant is missing."""
    return (unmasked(scene) + scene.keys.to(scene.right)).softmax(-1)


@PROBABILITIES("mask-of-minus-10", _ENOUGH, _PADDED)
def mask_lowers_by_10(scene: Scene) -> Tensor:
    """Padding's scores are lowered by 10, which is not enough."""
    return lowered(scene, -10.0).softmax(-1)


@PROBABILITIES("mask-weak", _ENOUGH, _PADDED, values=(-5.0, -2.0, -20.0, -0.5, -50.0, 5.0))
def mask_is_weak(scene: Scene) -> Tensor:
    """{value} is added to padding's scores, which is not enough."""
    return lowered(scene, scene.value).softmax(-1)


@PROBABILITIES(
    "mask-causal", "BERT looks both ways: no triangle in the mask", seen="code shared with GPT"
)
def mask_is_causal(scene: Scene) -> Tensor:
    """Tokens attend only to earlier tokens, as in a decoder."""
    seq = scene.right.shape[-1]
    return _attending(scene, torch.ones(seq, seq, dtype=torch.bool).tril() & scene.keys)


@PROBABILITIES("mask-of-itself", "BERT masks no diagonal")
def token_itself_is_masked(scene: Scene) -> Tensor:
    """No token attends to itself."""
    others = ~torch.eye(scene.right.shape[-1], dtype=torch.bool) & scene.keys
    return _attending(scene, others | ~others.any(-1, keepdim=True))


@PROBABILITIES(
    "mask-of-first-row", "keep the batch's dimension: (batch, 1, 1, seq)", "rows of several lengths"
)
def mask_is_of_first_row(scene: Scene) -> Tensor:
    """All rows of the batch have the first one's mask."""
    return _attending(scene, scene.keys[:1].expand_as(scene.right))


@PROBABILITIES(
    "mask-from-ids",
    "use attention_mask; without one every token is attended, an id 0 too",
    "an id 0 that is attended, or holes in the mask",
    seen="BERT-pytorch",
)
def mask_is_made_from_ids(scene: Scene) -> Tensor:
    """The mask is made from ids that are not 0, whatever attention_mask says."""
    return _attending(scene, (scene.ids != scene.pad)[:, None, None])


@PROBABILITIES(
    "mask-of-segments",
    "segments are told apart by their embeddings; attention goes across",
    "pairs",
)
def segments_attend_to_themselves(scene: Scene) -> Tensor:
    """Tokens attend only to their own segment."""
    segments = scene.segments
    return _attending(scene, (segments[:, None, :, None] == segments[:, None, None]) & scene.keys)


@SCORES(
    "mask-of-minus-10000",
    "float16 ends at -65504, which suffices",
    equivalent="e to the -10000 is 0 in float32 and in float64",
    seen="the original code",
)
def mask_lowers_by_10000(scene: Scene) -> Tensor:
    """-10000 is added to padding's scores."""
    return lowered(scene, -1e4)


@SCORES(
    "mask-of-infinity",
    "a row without any token would be NaN",
    equivalent="its probability is 0, as the reference's is",
)
def mask_is_minus_infinity(scene: Scene) -> Tensor:
    """Padding's scores are minus infinity."""
    return unmasked(scene).masked_fill(~scene.keys, -torch.inf)
