"""Attention-mask mistakes.

What stands for "not attended" in the scores is each implementation's own business, so a wrong mask
shows at the probabilities.
"""

from typing import Any

import torch
from torch import Tensor

from parity.core.mistake import Make, Mistake
from parity.core.scene import Scene

_SCORES = "encoder.layer.{i}.attention.self.scores"
_PROBABILITIES = "encoder.layer.{i}.attention.self.probabilities"


def unmasked(scene: Scene) -> Tensor:
    """Q Kᵀ / √head_dim, (batch, heads, query, key)."""
    query, key = scene.heads("query"), scene.heads("key")
    return query @ key.transpose(2, 3) * query.shape[-1] ** -0.5


def hidden(scene: Scene, kept: Tensor) -> Tensor:
    """Scores for the probabilities of what is kept; the rest has none."""
    return unmasked(scene).masked_fill(~kept, torch.finfo(scene.right.dtype).min)


def keys(mask: Tensor) -> Tensor:
    """(batch, 1, 1, key) of (batch, seq)."""
    return mask[:, None, None, :]


def _attending(kept: Make) -> Make:
    return lambda scene: hidden(scene, kept(scene)).softmax(-1)


def _adding(added: Make) -> Make:
    return lambda scene: (unmasked(scene) + added(scene)).softmax(-1)


def _weak(constant: float) -> Make:
    return _adding(lambda s: (constant * ~keys(s.mask)).to(s.right))


def _earlier(scene: Scene) -> Tensor:
    seq = scene.right.shape[-1]
    return torch.ones(seq, seq, dtype=torch.bool).tril() & keys(scene.mask)


def _without_diagonal(scene: Scene) -> Tensor:
    seq = scene.right.shape[-1]
    others = ~torch.eye(seq, dtype=torch.bool) & keys(scene.mask)
    return others | ~others.any(-1, keepdim=True)


def _not_pad(scene: Scene) -> Tensor:
    ids = scene.batch["input_ids"]
    return keys(ids != (scene.config.get("pad_token_id") or 0))


def _within_segment(scene: Scene) -> Tensor:
    ids = scene.batch["input_ids"]
    segments = scene.batch.get("token_type_ids", torch.zeros_like(ids))
    return (segments[:, None, :, None] == keys(segments)) & keys(scene.mask)


def _mistake(name: str, wrong: Make, description: str, fix: str, **more: Any) -> Mistake:
    return Mistake(name, (_PROBABILITIES,), wrong, description=description, fix=fix, **more)


_ADD = "add a very negative number where attention_mask is 0, before the softmax"
_PADDED = "a padded batch"

MISTAKES = (
    _mistake(
        "mask-ignored",
        _adding(lambda _: torch.zeros(())),
        "the attention mask hides nothing: tokens look at padding",
        f"{_ADD}; its shape is (batch, 1, 1, seq), for a whole row of queries it changes nothing",
        detected_by=_PADDED,
    ),
    _mistake(
        "mask-inverted",
        _adding(lambda s: (torch.finfo(s.right.dtype).min * keys(s.mask)).to(s.right)),
        "tokens look at padding alone: the mask's 1 and 0 are taken for each other",
        "1 is a token. torch.nn.MultiheadAttention's key_padding_mask has it the other way",
        seen="key_padding_mask=attention_mask",
    ),
    _mistake(
        "mask-after-softmax",
        lambda s: unmasked(s).softmax(-1) * keys(s.mask),
        "the mask is applied after the softmax, so that rows no longer sum to 1",
        _ADD,
        detected_by=_PADDED,
    ),
    _mistake(
        "mask-multiplied",
        lambda s: (unmasked(s) * keys(s.mask)).softmax(-1),
        "scores are multiplied by the mask: those of padding are 0, and 0 attends",
        _ADD,
        detected_by=_PADDED,
    ),
    _mistake(
        "mask-of-0-and-1",
        _adding(lambda s: keys(s.mask).to(s.right)),
        "the mask's 0 and 1 are added to the scores as they are, or the constant is missing",
        "(1 - mask) * a very negative number",
        detected_by=_PADDED,
    ),
    _mistake(
        "mask-of-minus-10",
        _weak(-10.0),
        "padding's scores are lowered by 10, which is not enough",
        "torch.finfo(dtype).min, or -10000 as in the original code",
        detected_by=_PADDED,
    ),
    _mistake(
        "mask-weak",
        lambda s: (unmasked(s) + (s.value * ~keys(s.mask)).to(s.right)).softmax(-1),
        "{value} is added to padding's scores, which is not enough",
        "torch.finfo(dtype).min, or -10000 as in the original code",
        detected_by=_PADDED,
        values=(-5.0, -2.0, -20.0, -0.5, -50.0, 5.0),
    ),
    _mistake(
        "mask-causal",
        _attending(_earlier),
        "tokens look at earlier ones alone, as in a decoder",
        "BERT looks both ways: no triangle in the mask",
        seen="code shared with GPT",
    ),
    _mistake(
        "mask-of-itself",
        _attending(_without_diagonal),
        "no token looks at itself",
        "BERT masks no diagonal",
    ),
    _mistake(
        "mask-of-first-row",
        _attending(lambda s: keys(s.mask[:1]).expand_as(s.right)),
        "all rows of the batch have the first one's mask",
        "keep the batch's dimension: (batch, 1, 1, seq)",
        detected_by="rows of several lengths",
    ),
    _mistake(
        "mask-from-ids",
        _attending(_not_pad),
        "the mask is made from ids that are not 0, whatever attention_mask says",
        "use attention_mask; without one every token is attended, an id 0 too",
        detected_by="an id 0 that is attended, or holes in the mask",
        seen="BERT-pytorch",
    ),
    _mistake(
        "mask-of-segments",
        _attending(_within_segment),
        "tokens look at their own segment alone",
        "segments are told apart by their embeddings; attention goes across",
        detected_by="pairs",
    ),
    Mistake(
        "mask-of-minus-10000",
        (_SCORES,),
        lambda s: unmasked(s) + (-1e4 * ~keys(s.mask)).to(s.right),
        description="-10000 is added to padding's scores",
        equivalent="e to the -10000 is 0 in float32 and in float64",
        fix="float16 ends at -65504, which suffices",
        seen="the original code",
    ),
    Mistake(
        "mask-of-infinity",
        (_SCORES,),
        lambda s: unmasked(s).masked_fill(~keys(s.mask), -torch.inf),
        description="padding's scores are minus infinity",
        equivalent="its probability is 0, as the reference's is",
        fix="a row without any token would be NaN",
    ),
)
