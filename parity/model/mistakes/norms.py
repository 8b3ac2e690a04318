"""LayerNorm mistakes."""

from dataclasses import replace
from typing import Any

import torch.nn.functional as F
from torch import Tensor

from parity.core.mistake import Make, Mistake
from parity.core.scene import Scene

_ATTENTION = "encoder.layer.{i}.attention.output.LayerNorm"
_OUTPUT = "encoder.layer.{i}.output.LayerNorm"
_STAGES = ("embeddings.LayerNorm", _ATTENTION, _OUTPUT)


def _centred(scene: Scene) -> Tensor:
    return scene.entered - scene.entered.mean(-1, keepdim=True)


def _variance(scene: Scene) -> Tensor:
    return _centred(scene).square().mean(-1, keepdim=True)


def _affine(scene: Scene, normalised: Tensor, stage: str = "") -> Tensor:
    gain, bias = (scene.parameter(f"{stage or scene.stage}.{each}") for each in ("weight", "bias"))
    return normalised * gain + bias


def _with_eps(scene: Scene, eps: float) -> Tensor:
    return _affine(scene, _centred(scene) / (_variance(scene) + eps).sqrt())


def _normalised(scene: Scene) -> Tensor:
    return _centred(scene) / (_variance(scene) + scene.config["layer_norm_eps"]).sqrt()


def _eps_outside(scene: Scene) -> Tensor:
    return _affine(scene, _centred(scene) / (_variance(scene).sqrt() + scene.value))


def _unbiased(scene: Scene) -> Tensor:
    width = scene.entered.shape[-1]
    return _affine(scene, _centred(scene) / (_variance(scene) * width / (width - 1)).sqrt())


def _not_centred(scene: Scene) -> Tensor:
    given = scene.entered
    return _affine(scene, given / given.square().mean(-1, keepdim=True).sqrt())


def _centred_alone(scene: Scene) -> Tensor:
    return _affine(scene, _centred(scene))


def _not_rooted(scene: Scene) -> Tensor:
    return _affine(scene, _centred(scene) / (_variance(scene) + scene.config["layer_norm_eps"]))


def _over_all_tokens(scene: Scene) -> Tensor:
    centred = scene.entered - scene.entered.mean((1, 2), keepdim=True)
    return _affine(scene, centred / centred.square().mean((1, 2), keepdim=True).sqrt())


def _over_the_batch(scene: Scene) -> Tensor:
    centred = scene.entered - scene.entered.mean((0, 1), keepdim=True)
    spread = centred.square().mean((0, 1), keepdim=True)
    return _affine(scene, centred / (spread + 1e-5).sqrt())


def _in_single(scene: Scene) -> Tensor:
    gain, bias = (scene.parameter(f"{scene.stage}.{each}").float() for each in ("weight", "bias"))
    given, eps = scene.entered.float(), scene.config["layer_norm_eps"]
    return F.layer_norm(given, given.shape[-1:], gain, bias, eps).to(scene.right)


def _of_the_other(scene: Scene) -> Tensor:
    attention, output = "attention.output.LayerNorm", "output.LayerNorm"
    other = output if scene.stage.endswith(attention) else attention
    return _affine(scene, _normalised(scene), f"{scene.layer}.{other}")


def _twice(scene: Scene) -> Tensor:
    given = scene.stage.replace("LayerNorm", "sum")
    again = replace(scene, made={**scene.made, given: scene.right})
    return _affine(again, _normalised(again))


def _bias(scene: Scene) -> Tensor:
    return scene.parameter(f"{scene.stage}.bias")


def _mistake(name: str, wrong: Make, description: str, fix: str, **more: Any) -> Mistake:
    return Mistake(name, _STAGES, wrong, description=description, fix=fix, **more)


_EPS = "nn.LayerNorm(hidden_size, eps=config.layer_norm_eps): BERT's is 1e-12"
_SMALL = "double precision, or tokens whose variance is small"

MISTAKES = (
    _mistake(
        "norm-eps-1e-5",
        lambda s: _with_eps(s, 1e-5),
        "LayerNorm's eps is 1e-5, torch's default",
        _EPS,
        detected_by=_SMALL,
        seen="most tutorials",
    ),
    _mistake(
        "norm-eps-1e-6",
        lambda s: _with_eps(s, 1e-6),
        "LayerNorm's eps is 1e-6, the default of Flax and of ViT",
        _EPS,
        detected_by=_SMALL,
    ),
    _mistake(
        "norm-eps",
        lambda s: _with_eps(s, s.value),
        "LayerNorm's eps is {value}",
        _EPS,
        detected_by=_SMALL,
        values=(1e-4, 1e-3, 1e-2, 1e-1, 1e-7, 1e-8),
    ),
    _mistake(
        "norm-eps-outside",
        _eps_outside,
        "{value} is added to the standard deviation, not to the variance under the root",
        "divide by sqrt(variance + eps)",
        detected_by=_SMALL,
        seen="The Annotated Transformer",
        values=(1e-6, 1e-5, 1e-8, 1e-3),
    ),
    _mistake(
        "norm-unbiased",
        _unbiased,
        "the variance is divided by n - 1, as tensor.std() and tensor.var() do",
        "var(unbiased=False): divide by n",
        seen="The Annotated Transformer",
    ),
    _mistake(
        "norm-not-centred",
        _not_centred,
        "the mean is not taken away, as in RMSNorm",
        "subtract the mean before dividing",
        seen="code shared with Llama",
    ),
    _mistake(
        "norm-centred-alone",
        _centred_alone,
        "the mean is taken away, but nothing is divided",
        "divide by sqrt(variance + eps)",
    ),
    _mistake(
        "norm-not-rooted",
        _not_rooted,
        "it divides by the variance",
        "divide by the variance's square root",
    ),
    _mistake(
        "norm-all-tokens",
        _over_all_tokens,
        "one mean and variance serve all tokens of a row",
        "normalise over the last dimension alone: nn.LayerNorm(hidden_size)",
        seen="nn.LayerNorm((seq, hidden)), and GroupNorm",
    ),
    _mistake(
        "norm-of-batch",
        _over_the_batch,
        "each feature is normalised over the batch, as BatchNorm does",
        "normalise each token over its own features",
    ),
    _mistake(
        "norm-unloaded",
        _normalised,
        "gain and bias are still 1 and 0: they were not loaded",
        "old checkpoints call them gamma and beta; a strict load would have told",
        detected_by="gains and biases other than 1 and 0",
        seen="checkpoints of TensorFlow",
    ),
    _mistake(
        "norm-gain-unloaded",
        lambda s: _normalised(s) + _bias(s),
        "the gain is still 1: it was not loaded",
        "old checkpoints call it gamma",
        detected_by="gains other than 1",
    ),
    _mistake(
        "norm-bias-missing",
        lambda s: s.right - _bias(s),
        "LayerNorm's bias is missing",
        "nn.LayerNorm has one by default; old checkpoints call it beta",
        detected_by="biases other than 0",
        seen="bias=False, as newer models have it",
    ),
    _mistake(
        "norm-gain-plus-1",
        lambda s: _affine(s, _normalised(s)) + _normalised(s),
        "the gain is 1 + weight",
        "BERT's gain is the weight itself",
        seen="code shared with Gemma",
    ),
    _mistake(
        "norm-missing",
        lambda s: s.entered,
        "there is no LayerNorm",
        "one after each residual sum, and one after the embeddings",
    ),
    _mistake("norm-twice", _twice, "LayerNorm is applied twice", "once"),
    _mistake(
        "norm-in-float32",
        _in_single,
        "LayerNorm computes in float32 though the model computes in double",
        "harmless in a float32 model; let it keep the dtype to be comparable",
        detected_by="double precision",
        seen="code that calls .float() for the sake of half precision",
    ),
    Mistake(
        "norms-exchanged",
        (_ATTENTION, _OUTPUT),
        _of_the_other,
        description="the layer's other LayerNorm's gain and bias are used",
        fix="attention.output.LayerNorm ends the first half of a layer, output.LayerNorm the "
        "second",
        detected_by="gains and biases that differ",
        together=True,
    ),
)
