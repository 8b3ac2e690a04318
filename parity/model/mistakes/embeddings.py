"""Embedding mistakes."""

import torch.nn.functional as F
from torch import Tensor

from parity.core.mistake import Mistake
from parity.core.scene import Scene

_WORDS = "embeddings.word_embeddings"
_SEGMENTS = "embeddings.token_type_embeddings"
_POSITIONS = "embeddings.position_embeddings"
_SUM = "embeddings.sum"
_NORM = "embeddings.LayerNorm"


def _by_width(tensor: Tensor) -> Tensor:
    return tensor * tensor.shape[-1] ** 0.5


def _without_pad(scene: Scene) -> Tensor:
    pad = scene.batch["input_ids"] == (scene.config.get("pad_token_id") or 0)
    return scene.right.masked_fill(pad[..., None], 0.0)


def _terms(scene: Scene, words: float, segments: float, positions: float) -> Tensor:
    found = (scene.made[name] for name in (_WORDS, _SEGMENTS, _POSITIONS))
    return sum(  # type: ignore[return-value]
        times * term for times, term in zip((words, segments, positions), found, strict=True)
    )


def _words_first(scene: Scene) -> Tensor:
    gain, bias = (scene.parameter(f"{_NORM}.{each}") for each in ("weight", "bias"))
    words, eps = scene.made[_WORDS], scene.config["layer_norm_eps"]
    return F.layer_norm(words, words.shape[-1:], gain, bias, eps) + _terms(scene, 0, 1, 1)


MISTAKES = (
    Mistake(
        "segments-not-added",
        (_SUM,),
        lambda s: s.right - s.made[_SEGMENTS],
        description="the segment's embedding is not in the sum",
        fix="add token_type_embeddings(token_type_ids); without ids they are zeros, and row 0 is "
        "not a vector of zeros",
        seen="ports that drop it because one sentence has one segment",
    ),
    Mistake(
        "positions-not-added",
        (_SUM,),
        lambda s: s.right - s.made[_POSITIONS],
        description="the position's embedding is not in the sum",
        fix="add position_embeddings(position_ids)",
    ),
    Mistake(
        "words-scaled",
        (_WORDS,),
        lambda s: _by_width(s.right),
        description="word embeddings are multiplied by √hidden",
        fix="the first Transformer does that, BERT does not",
        seen="The Annotated Transformer",
    ),
    Mistake(
        "sum-scaled",
        (_SUM,),
        lambda s: _by_width(s.right),
        description="the sum of the embeddings is multiplied by √hidden",
        fix="the LayerNorm behind it hides most of it, but BERT does not scale",
    ),
    Mistake(
        "sum-averaged",
        (_SUM,),
        lambda s: s.right / 3,
        description="the three embeddings are averaged",
        fix="add them; the LayerNorm behind it hides the difference, gradients do not",
    ),
    Mistake(
        "terms-twice",
        (_SUM,),
        lambda s: _terms(s, 1, 2, 2),
        description="segments and positions are added twice",
        fix="once by you and once by the module that gets inputs_embeds",
        detected_by="any batch; in HuggingFace's own model, inputs_embeds that are already summed",
    ),
    Mistake(
        "words-twice",
        (_SUM,),
        lambda s: _terms(s, 2, 1, 1),
        description="the words are added twice",
        fix="each of the three terms is added once",
    ),
    Mistake(
        "words-of-pad-zeroed",
        (_WORDS,),
        _without_pad,
        description="the embedding of [PAD] is zeros",
        fix="padding_idx=0 zeroes a fresh row; the checkpoint's row 0 is not zero, so copy it",
        detected_by="an id 0, padding or not",
        seen="nn.Embedding(padding_idx=0), initialised after loading",
    ),
    Mistake(
        "norm-of-words-alone",
        (_NORM,),
        _words_first,
        description="LayerNorm is taken of the words, before segments and positions are added",
        fix="add the three first: LayerNorm(words + segments + positions)",
    ),
    Mistake(
        "padding-zeroed",
        ("embeddings",),
        lambda s: s.right * s.mask[..., None],
        equivalent="nobody attends to padding, so no token's numbers change",
        description="the embeddings of padding are zeros",
        detected_by="padding alone",
    ),
)
