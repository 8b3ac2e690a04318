"""Feed-forward and activation mistakes."""

import math
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from parity.core.mistake import Make, Mistake
from parity.core.scene import Scene

_INNER = "encoder.layer.{i}.intermediate"
_DENSE = "encoder.layer.{i}.intermediate.dense"
_OUTPUT = "encoder.layer.{i}.output.dense"
_SUM = "encoder.layer.{i}.output.sum"
_TRANSFORM = "cls.predictions.transform"
_GELU = 'hidden_act "gelu" is x Φ(x): nn.GELU(), F.gelu(x)'


def _bent(activation: Callable[[Tensor], Tensor]) -> Make:
    """Use another activation, in a layer or in the masked words' transform."""

    def wrong(scene: Scene) -> Tensor:
        if scene.stage != _TRANSFORM:
            return activation(scene.entered)
        states = activation(scene.linear(scene.last, f"{_TRANSFORM}.dense"))
        norm = f"{_TRANSFORM}.LayerNorm"
        gain, bias = (scene.parameter(f"{norm}.{each}") for each in ("weight", "bias"))
        return F.layer_norm(states, states.shape[-1:], gain, bias, scene.config["layer_norm_eps"])

    return wrong


def _tanh(states: Tensor) -> Tensor:
    return F.gelu(states, approximate="tanh")


def _tanh_without_root(states: Tensor) -> Tensor:
    inner = 2 / math.pi * (states + 0.044715 * states**3)
    return 0.5 * states * (1 + torch.tanh(inner))


def _without_half(states: Tensor) -> Tensor:
    return states * (1 + torch.erf(states / math.sqrt(2)))


def _without_root_of_2(states: Tensor) -> Tensor:
    return 0.5 * states * (1 + torch.erf(states))


def _quick(states: Tensor) -> Tensor:
    return states * torch.sigmoid(1.702 * states)


def _mistake(
    name: str, stage: str, wrong: Make, description: str, fix: str, **more: Any
) -> Mistake:
    return Mistake(name, (stage,), wrong, description=description, fix=fix, **more)


def _activation(
    name: str,
    activation: Callable[[Tensor], Tensor],
    description: str,
    fix: str = _GELU,
    **more: Any,
) -> Mistake:
    return Mistake(
        name, (_INNER, _TRANSFORM), _bent(activation), description=description, fix=fix, **more
    )


MISTAKES = (
    _activation(
        "gelu-tanh",
        _tanh,
        "GELU is its approximation by tanh",
        'F.gelu(x) is exact; the approximation is called "gelu_new" or "gelu_pytorch_tanh"',
        detected_by="a tolerance below 1e-3",
        seen="the original GELU paper's code, GPT-2, and google-research/bert itself",
    ),
    _activation(
        "gelu-quick",
        _quick,
        "GELU is x sigmoid(1.702 x)",
        detected_by="a tolerance below 1e-2",
        seen="CLIP, where it is right",
    ),
    _activation(
        "gelu-tanh-without-root",
        _tanh_without_root,
        "GELU by tanh has 2/π in place of √(2/π)",
    ),
    _mistake(
        "gelu-doubled",
        _INNER,
        lambda s: _without_half(s.entered),
        "GELU lacks its factor of one half",
        _GELU,
    ),
    _activation("gelu-of-wrong-erf", _without_root_of_2, "GELU takes erf(x), not erf(x / √2)"),
    _activation(
        "gelu-in-float32",
        lambda x: F.gelu(x.float()).to(x),
        "GELU computes in float32 though the model computes in double",
        "harmless in a float32 model; let it keep the dtype to be comparable",
        detected_by="double precision",
    ),
    _activation("relu", F.relu, "ReLU stands in GELU's place", seen="the first Transformer"),
    _activation("silu", F.silu, "SiLU stands in GELU's place", seen="Llama"),
    _activation("elu", F.elu, "ELU stands in GELU's place"),
    _activation("tanh", torch.tanh, "tanh stands in GELU's place"),
    _activation("activation-missing", lambda x: x, "there is no activation"),
    _activation("activation-twice", lambda x: F.gelu(F.gelu(x)), "the activation is applied twice"),
    _mistake(
        "feed-forward-activated-again",
        _OUTPUT,
        lambda s: F.gelu(s.right),
        "the second linear layer is activated, too",
        "output.dense has no activation",
    ),
    _mistake(
        "feed-forward-of-sum",
        _DENSE,
        lambda s: s.linear(s["attention.output.sum"]),
        "the feed-forward half is given the sum before its LayerNorm",
        "intermediate(attention.output.LayerNorm(…))",
    ),
    _mistake(
        "feed-forward-of-layer-input",
        _DENSE,
        lambda s: s.linear(s.entering),
        "the feed-forward half is given what the layer is given, beside attention",
        "it comes after attention, and is given what that made",
        seen="GPT-J and PaLM, where it is right",
    ),
)
