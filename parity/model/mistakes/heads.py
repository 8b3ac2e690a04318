"""Head and output mistakes."""

from typing import Any

import torch
from torch import Tensor

from parity.core.mistake import Make, Mistake
from parity.core.scene import Scene

_POOLED, _POOLER = "pooler.dense", "pooler"
_TRANSFORM, _WORDS, _FOLLOWS = (
    "cls.predictions.transform",
    "cls.predictions",
    "cls.seq_relationship",
)


def _over_tokens(reduce: Make) -> Make:
    return lambda scene: scene.linear(reduce(scene))


def _mean_of_attended(scene: Scene) -> Tensor:
    kept = scene.mask[..., None].to(scene.last)
    return (scene.last * kept).sum(1) / kept.sum(1)


def _last_attended(scene: Scene) -> Tensor:
    place = torch.arange(scene.mask.shape[1]) * scene.mask
    return scene.last[torch.arange(len(place)), place.argmax(1)]


def _transformed(scene: Scene) -> Tensor:
    return scene.linear(scene.last, f"{_TRANSFORM}.dense")


def _normed(scene: Scene, states: Tensor) -> Tensor:
    gain, bias = (scene.parameter(f"{_TRANSFORM}.LayerNorm.{p}") for p in ("weight", "bias"))
    eps = scene.config["layer_norm_eps"]
    return torch.nn.functional.layer_norm(states, states.shape[-1:], gain, bias, eps)


def _words_of(states: Make) -> Make:
    def wrong(scene: Scene) -> Tensor:
        bias = scene.parameter(f"{_WORDS}.bias")
        return states(scene) @ scene.parameter(f"{_WORDS}.decoder.weight").T + bias

    return wrong


def _layer_before(scene: Scene) -> Tensor:
    count = scene.config["num_hidden_layers"]
    return scene.made[f"encoder.layer.{count - 2}" if count > 1 else "embeddings"]


def _mistake(
    name: str, stage: str, wrong: Make, description: str, fix: str, **more: Any
) -> Mistake:
    return Mistake(name, (stage,), wrong, description=description, fix=fix, **more)


_FIRST = "pooler(last_hidden_state[:, 0]): [CLS] alone"
_ORDER = "decoder(LayerNorm(gelu(dense(last_hidden_state))))"
_HEAD = "a checkpoint with heads"

MISTAKES = (
    _mistake(
        "pooler-tanh-missing",
        _POOLER,
        lambda s: s.entered,
        "the pooler has no tanh",
        "tanh(dense([CLS]))",
        detected_by="the pooler's output",
    ),
    _mistake(
        "pooler-gelu",
        _POOLER,
        lambda s: torch.nn.functional.gelu(s.entered),
        "the pooler's activation is GELU",
        "the pooler has tanh, whatever hidden_act is",
    ),
    _mistake(
        "pooler-relu",
        _POOLER,
        lambda s: s.entered.relu(),
        "the pooler's activation is ReLU",
        "the pooler has tanh, whatever hidden_act is",
    ),
    _mistake(
        "pooler-of-mean",
        _POOLED,
        _over_tokens(lambda s: s.last.mean(1)),
        "the pooler is given the mean of all tokens",
        _FIRST,
    ),
    _mistake(
        "pooler-of-attended",
        _POOLED,
        _over_tokens(_mean_of_attended),
        "the pooler is given the mean of the attended tokens",
        _FIRST,
    ),
    _mistake(
        "pooler-of-maximum",
        _POOLED,
        _over_tokens(lambda s: s.last.amax(1)),
        "the pooler is given each feature's largest number",
        _FIRST,
    ),
    _mistake(
        "pooler-of-last",
        _POOLED,
        _over_tokens(lambda s: s.last[:, -1]),
        "the pooler is given the last place of the row, padding or not",
        _FIRST,
    ),
    _mistake(
        "pooler-of-last-attended",
        _POOLED,
        _over_tokens(_last_attended),
        "the pooler is given the last attended token",
        _FIRST,
        seen="GPT-2's classifier, where it is right",
    ),
    _mistake(
        "pooler-of-second",
        _POOLED,
        _over_tokens(lambda s: s.last[:, min(1, s.last.shape[1] - 1)]),
        "the pooler is given the second token",
        _FIRST,
    ),
    _mistake(
        "pooler-of-layer-before",
        _POOLED,
        _over_tokens(lambda s: _layer_before(s)[:, 0]),
        "the pooler is given what the last layer but one made",
        _FIRST,
        seen="hidden_states[-2]",
    ),
    _mistake(
        "pooler-missing",
        _POOLED,
        lambda s: s.entered,
        "the pooler's linear layer is missing",
        "tanh(dense([CLS]))",
    ),
    _mistake(
        "transform-missing",
        _TRANSFORM,
        lambda s: s.last,
        "the masked words' transform is missing",
        _ORDER,
        detected_by=_HEAD,
    ),
    _mistake(
        "transform-norm-missing",
        _TRANSFORM,
        lambda s: torch.nn.functional.gelu(_transformed(s)),
        "the masked words' transform has no LayerNorm",
        _ORDER,
        detected_by=_HEAD,
    ),
    _mistake(
        "transform-norm-first",
        _TRANSFORM,
        lambda s: torch.nn.functional.gelu(_normed(s, _transformed(s))),
        "the masked words' transform normalises before it activates",
        _ORDER,
        detected_by=_HEAD,
    ),
    _mistake(
        "words-from-states",
        _WORDS,
        _words_of(lambda s: s.last),
        "words are scored by the last layer's states, past the transform",
        _ORDER,
        detected_by=_HEAD,
    ),
    _mistake(
        "words-as-probabilities",
        _WORDS,
        lambda s: s.right.softmax(-1),
        "probabilities are returned where logits should be",
        "return what the decoder makes; the loss takes the softmax itself",
        detected_by=_HEAD,
    ),
    _mistake(
        "words-as-log-probabilities",
        _WORDS,
        lambda s: s.right.log_softmax(-1),
        "log-probabilities are returned where logits should be",
        "return what the decoder makes, or call them log_probabilities",
        detected_by=_HEAD,
        seen="BERT-pytorch",
    ),
    _mistake(
        "next-sentence-inverted",
        _FOLLOWS,
        lambda s: s.right.flip(-1),
        "the two answers have changed places",
        "0 means that B follows A, 1 that it is a random sentence",
        detected_by=_HEAD,
    ),
    _mistake(
        "next-sentence-unpooled",
        _FOLLOWS,
        lambda s: s.linear(s.last[:, 0]),
        "it is computed from [CLS]'s last state, without the pooler",
        "cls.seq_relationship(pooler_output)",
        detected_by=_HEAD,
    ),
    _mistake(
        "states-of-layer-before",
        "last_hidden_state",
        _layer_before,
        "what the last layer but one made is returned",
        "last_hidden_state is the last layer's output",
        seen="hidden_states[-2]",
    ),
    _mistake(
        "pooled-is-cls",
        "pooler_output",
        lambda s: s.last[:, 0],
        "[CLS]'s last state is returned as the pooler's output",
        "pooler_output is tanh(dense([CLS]))",
    ),
)
