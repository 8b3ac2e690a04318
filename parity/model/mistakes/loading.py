"""Loading and weight-sharing mistakes."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from parity.core.mistake import Make, Mistake
from parity.core.scene import Scene

_LAYER = "encoder.layer.{i}"
_LINEAR = (
    *(f"{_LAYER}.attention.self.{name}" for name in ("query", "key", "value")),
    f"{_LAYER}.attention.output.dense",
    f"{_LAYER}.intermediate.dense",
    f"{_LAYER}.output.dense",
)
_NORMS = (f"{_LAYER}.attention.output.LayerNorm", f"{_LAYER}.output.LayerNorm")
_OF_LAYER = (*_LINEAR[:4], _NORMS[0], *_LINEAR[4:], _NORMS[1])
_SQUARE = (*_LINEAR[:4], "pooler.dense")
_EVERYWHERE = (*_LINEAR, "pooler.dense", "cls.seq_relationship", "cls.predictions")
_SEEN = tuple(stage for stage in _EVERYWHERE if not stage.endswith(".key"))


def _weight(scene: Scene) -> Tensor:
    decoder = scene.stage == "cls.predictions"
    return scene.parameter(f"{scene.stage}.{'decoder.' * decoder}weight")


def _bias(scene: Scene) -> Tensor:
    return scene.parameter(f"{scene.stage}.bias")


def _linear(weight: Make) -> Make:
    return lambda scene: scene.entered @ weight(scene).T + _bias(scene)


def _of_layer(number: Callable[[Scene], int]) -> Make:
    """Compute with another layer's weights."""

    def other(scene: Scene) -> Tensor:
        there = scene.stage.replace(scene.layer, f"encoder.layer.{number(scene)}")
        if not there.endswith("LayerNorm"):
            return scene.linear(scene.entered, there)
        own_gain, own_bias = (scene.parameter(f"{scene.stage}.{p}") for p in ("weight", "bias"))
        gain, bias = (scene.parameter(f"{there}.{p}") for p in ("weight", "bias"))
        return (scene.right - own_bias) / own_gain * gain + bias

    return other


def _rounded(dtype: torch.dtype) -> Make:
    return lambda s: s.entered @ _weight(s).to(dtype).to(s.right).T + _bias(s).to(dtype).to(s.right)


def _mistake(
    name: str, stages: tuple[str, ...], wrong: Make, description: str, fix: str, **more: Any
) -> Mistake:
    return Mistake(name, stages, wrong, description=description, fix=fix, **more)


_COUNT = "layer i of the file is layer i of the model, from 0 on"

MISTAKES = (
    _mistake(
        "bias-missing",
        _SEEN,
        lambda s: s.right - _bias(s),
        "the linear layer's bias is missing",
        "every linear layer of BERT has one: bias=True",
        detected_by="biases other than 0; fresh ones are",
        seen="load_state_dict(strict=False), and bias=False as newer models have it",
    ),
    _mistake(
        "bias-twice",
        _SEEN,
        lambda s: s.right + _bias(s),
        "the linear layer's bias is added twice",
        "nn.Linear adds it already",
        detected_by="biases other than 0; fresh ones are",
        seen="HuggingFace's own head for masked words (transformers#2957), for a time",
    ),
    _mistake(
        "weight-transposed",
        _SQUARE,
        _linear(lambda s: _weight(s).T),
        "the matrix is transposed",
        "it is square, so no shape tells: PyTorch has (out, in), TensorFlow (in, out)",
        seen="checkpoints of TensorFlow, einsum, x @ W with nn.Linear's W",
    ),
    _mistake(
        "weight-in-bfloat16",
        _LINEAR,
        _rounded(torch.bfloat16),
        "the weights went through bfloat16",
        "load them in the file's own dtype",
        detected_by="a tolerance below 1e-2",
    ),
    _mistake(
        "weight-in-float16",
        _LINEAR,
        _rounded(torch.float16),
        "the weights went through float16",
        "load them in the file's own dtype",
        detected_by="a tolerance below 1e-3",
    ),
    _mistake(
        "layers-shared",
        _OF_LAYER,
        _of_layer(lambda _: 0),
        "the layer has the first layer's weights",
        "a module for each: [BertLayer() for _ in range(n)], not [BertLayer()] * n",
        detected_by="layers after the first",
        seen="[layer] * n",
        together=True,
        layers=slice(1, None),
    ),
    _mistake(
        "layers-shared-last",
        _OF_LAYER,
        _of_layer(lambda s: s.config["num_hidden_layers"] - 1),
        "the layer has the last layer's weights",
        "a module for each: [BertLayer() for _ in range(n)], not [BertLayer()] * n",
        detected_by="layers before the last",
        seen="[layer] * n, into which the weights of all layers were loaded one after the other",
        together=True,
        layers=slice(None, -1),
    ),
    _mistake(
        "layers-one-off",
        _OF_LAYER,
        _of_layer(lambda s: max(s.number - 1, 0)),
        "the layer has the weights of the one before it",
        _COUNT,
        seen="names counted from 1",
        together=True,
        layers=slice(1, None),
    ),
    _mistake(
        "layers-backwards",
        _OF_LAYER,
        _of_layer(lambda s: s.config["num_hidden_layers"] - 1 - s.number),
        "the layers' weights are in the opposite order",
        _COUNT,
        together=True,
        layers=slice(None),
    ),
    _mistake(
        "layer-skipped",
        (_LAYER,),
        lambda s: s.entering,
        "the layer is not run",
        "num_hidden_layers layers, one after the other",
        seen="range(1, n), and a last layer cut off for feature extraction",
    ),
    _mistake(
        "layer-residual",
        (_LAYER,),
        lambda s: s.right + s.entering,
        "what the layer is given is added to what it makes",
        "its two halves have a residual each; the layer as a whole has none",
    ),
    _mistake(
        "key-bias-missing",
        (f"{_LAYER}.attention.self.key",),
        lambda s: s.right - _bias(s),
        "the key's bias is missing",
        "it is in the file; a checkpoint saved without it loads nowhere",
        equivalent="it adds the same number to all scores of a query, which softmax does not see",
        detected_by="the key and the scores alone",
        seen="Whisper, where it is right",
    ),
)
