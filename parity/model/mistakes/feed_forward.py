"""Feed-forward and activation mistakes."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from parity.core.mistake import Mistake, StageMistakes
from parity.core.scene import Scene
from scratch_bert.model.activations import activation
from scratch_bert.model.feed_forward import BertIntermediate, BertOutput

_INNER, _TRANSFORM = "encoder.layer.{i}.intermediate", "cls.predictions.transform"

MISTAKES: list[Mistake] = []
ACTIVATIONS = StageMistakes(MISTAKES, activation, _INNER, _TRANSFORM)
INNER = StageMistakes(MISTAKES, activation, _INNER)
OUTPUT_DENSE = StageMistakes(MISTAKES, BertOutput.forward, "encoder.layer.{i}.output.dense")
INNER_DENSE = StageMistakes(
    MISTAKES, BertIntermediate.forward, "encoder.layer.{i}.intermediate.dense"
)

_SAME_IN_FLOAT32 = "a float32 model computes the same"
_GELU = 'hidden_act "gelu" is x Φ(x): nn.GELU(), F.gelu(x)'


def _activated(scene: Scene, states: Tensor) -> Tensor:
    """Return the activated states; the masked words' transform also normalizes them."""
    return scene.norm(states, f"{_TRANSFORM}.LayerNorm") if scene.stage == _TRANSFORM else states


@ACTIVATIONS(
    "gelu-tanh",
    'F.gelu(x) is exact; the approximation is called "gelu_new" or "gelu_pytorch_tanh"',
    "a tolerance below 1e-3",
    seen="the original GELU paper's code, GPT-2, and google-research/bert itself",
)
def gelu_by_tanh(scene: Scene) -> Tensor:
    """GELU is its approximation by tanh."""
    return _activated(scene, F.gelu(scene.input, approximate="tanh"))


@ACTIVATIONS("gelu-quick", _GELU, "a tolerance below 1e-2", seen="CLIP, where it is right")
def gelu_by_sigmoid(scene: Scene) -> Tensor:
    """GELU is x sigmoid(1.702 x)."""
    states = scene.input
    return _activated(scene, states * torch.sigmoid(1.702 * states))


@ACTIVATIONS("gelu-tanh-without-root", _GELU)
def gelu_by_tanh_without_root(scene: Scene) -> Tensor:
    """GELU by tanh has 2/π in place of √(2/π)."""
    states = scene.input
    inner = 2 / math.pi * (states + 0.044715 * states**3)
    return _activated(scene, 0.5 * states * (1 + torch.tanh(inner)))


@INNER("gelu-doubled", _GELU)
def gelu_without_half(scene: Scene) -> Tensor:
    """GELU lacks its factor of one half."""
    return 2 * F.gelu(scene.input)


@ACTIVATIONS("gelu-of-wrong-erf", _GELU)
def gelu_without_root_of_2(scene: Scene) -> Tensor:
    """GELU takes erf(x), not erf(x / √2)."""
    states = scene.input
    return _activated(scene, 0.5 * states * (1 + torch.erf(states)))


@ACTIVATIONS(
    "gelu-in-float32",
    "let it keep the model's dtype",
    "double precision",
    harmless=_SAME_IN_FLOAT32,
)
def gelu_in_float32(scene: Scene) -> Tensor:
    """GELU computes in float32 though the model computes in double."""
    return _activated(scene, F.gelu(scene.input.float()).to(scene.right))


@ACTIVATIONS("gelu-root-rounded", "math.sqrt(2)", "double precision", harmless=_SAME_IN_FLOAT32)
def gelu_divides_by_rounded_root(scene: Scene) -> Tensor:
    """GELU's √2 is rounded to float32."""
    root = torch.tensor(2.0).sqrt().double()
    return _activated(scene, scene.input * (1 + torch.erf(scene.input / root)) / 2)


@ACTIVATIONS("gelu-factor-rounded", "math.sqrt(0.5)", "double precision", harmless=_SAME_IN_FLOAT32)
def gelu_multiplies_by_rounded_root(scene: Scene) -> Tensor:
    """GELU's √½ is rounded to float32."""
    factor = torch.tensor(0.5).sqrt().double()
    return _activated(scene, scene.input * (1 + torch.erf(scene.input * factor)) / 2)


@ACTIVATIONS("relu", _GELU, seen="the first Transformer")
def relu_for_gelu(scene: Scene) -> Tensor:
    """ReLU replaces GELU."""
    return _activated(scene, F.relu(scene.input))


@ACTIVATIONS("silu", _GELU, seen="Llama")
def silu_for_gelu(scene: Scene) -> Tensor:
    """SiLU replaces GELU."""
    return _activated(scene, F.silu(scene.input))


@ACTIVATIONS("elu", _GELU)
def elu_for_gelu(scene: Scene) -> Tensor:
    """ELU replaces GELU."""
    return _activated(scene, F.elu(scene.input))


@ACTIVATIONS("tanh", _GELU)
def tanh_for_gelu(scene: Scene) -> Tensor:
    """Tanh replaces GELU."""
    return _activated(scene, scene.input.tanh())


@ACTIVATIONS("activation-missing", _GELU)
def activation_is_missing(scene: Scene) -> Tensor:
    """The activation is missing."""
    return _activated(scene, scene.input)


@ACTIVATIONS("activation-twice", _GELU)
def activation_is_applied_twice(scene: Scene) -> Tensor:
    """The activation is applied twice."""
    return _activated(scene, F.gelu(F.gelu(scene.input)))


@OUTPUT_DENSE("feed-forward-activated-again", "output.dense has no activation")
def second_linear_layer_is_activated(scene: Scene) -> Tensor:
    """The second linear layer is activated, too."""
    return F.gelu(scene.right)


@INNER_DENSE("feed-forward-of-sum", "intermediate(attention.output.LayerNorm(…))")
def feed_forward_is_given_sum(scene: Scene) -> Tensor:
    """The input of the feed-forward half is the sum before its LayerNorm."""
    return scene.linear(scene["attention.output.sum"])


@INNER_DENSE(
    "feed-forward-of-layer-input",
    "it comes after attention, and is given what that made",
    seen="GPT-J and PaLM, where it is right",
)
def feed_forward_is_beside_attention(scene: Scene) -> Tensor:
    """The feed-forward half is computed from the layer's input, in parallel with attention."""
    return scene.linear(scene.layer_input)
