"""Loading and weight-sharing mistakes."""

import torch
from torch import Tensor

from parity.core.mistake import Mistake, StageMistakes
from parity.core.scene import Scene
from scratch_bert.model.attention import BertSelfAttention
from scratch_bert.model.encoder import BertEncoder, BertLayer
from scratch_bert.weights.load import load_weights
from scratch_bert.weights.names import canonical_weights

_LAYER = "encoder.layer.{i}"
_FIRST = (
    *(f"{_LAYER}.attention.self.{name}" for name in ("query", "key", "value")),
    f"{_LAYER}.attention.output.dense",
)
_SECOND = (f"{_LAYER}.intermediate.dense", f"{_LAYER}.output.dense")
LINEAR = (*_FIRST, *_SECOND)
STAGES_OF_A_LAYER = (
    *(*_FIRST, f"{_LAYER}.attention.output.LayerNorm"),
    *(*_SECOND, f"{_LAYER}.output.LayerNorm"),
)
_SEEN = (
    *(stage for stage in LINEAR if not stage.endswith(".key")),
    *("pooler.dense", "cls.seq_relationship", "cls.predictions"),
)

MISTAKES: list[Mistake] = []
SEEN = StageMistakes(
    MISTAKES, load_weights, *_SEEN, detected_by="biases other than 0; fresh ones are"
)
SQUARE = StageMistakes(MISTAKES, canonical_weights, *_FIRST, "pooler.dense")
LINEAR_LAYERS = StageMistakes(MISTAKES, load_weights, *LINEAR)
ALL_OF_A_LAYER = StageMistakes(MISTAKES, BertEncoder.__init__, *STAGES_OF_A_LAYER, together=True)
LAYERS = StageMistakes(MISTAKES, BertEncoder.forward, _LAYER)
KEYS = StageMistakes(MISTAKES, BertSelfAttention.forward, f"{_LAYER}.attention.self.key")

_DTYPE = "load them in the file's own dtype"
_MODULES = "a module for each: [BertLayer() for _ in range(n)], not [BertLayer()] * n"
_COUNT = "layer i of the file is layer i of the model, from 0 on"


def _rounded(scene: Scene, dtype: torch.dtype) -> Tensor:
    weight, bias = (each.to(dtype).to(scene.right) for each in (scene.weight, scene.bias))
    return scene.input @ weight.T + bias


def by_layer(scene: Scene, number: int) -> Tensor:
    """Compute the stage with another layer's weights."""
    there = scene.stage.replace(scene.layer, f"encoder.layer.{number}")
    module = scene.norm if there.endswith("LayerNorm") else scene.linear
    return module(scene.input, there)


@SEEN(
    "bias-missing",
    "every linear layer of BERT has one: bias=True",
    seen="load_state_dict(strict=False), and bias=False as newer models have it",
)
def bias_is_missing(scene: Scene) -> Tensor:
    """The linear layer's bias is missing."""
    return scene.right - scene.bias


@SEEN(
    "bias-twice",
    "nn.Linear adds it already",
    seen="HuggingFace's own head for masked words (transformers#2957), for a time",
    breaks=BertSelfAttention.forward,
)
def bias_is_added_twice(scene: Scene) -> Tensor:
    """The linear layer's bias is added twice."""
    return scene.right + scene.bias


@SQUARE(
    "weight-transposed",
    "it is square, so no shape tells: PyTorch has (out, in), TensorFlow (in, out)",
    seen="checkpoints of TensorFlow, einsum, x @ W with nn.Linear's W",
)
def weight_is_transposed(scene: Scene) -> Tensor:
    """The matrix is transposed."""
    return scene.input @ scene.weight + scene.bias


@LINEAR_LAYERS("weight-in-bfloat16", _DTYPE, "a tolerance below 1e-2")
def weight_is_in_bfloat16(scene: Scene) -> Tensor:
    """The weights were rounded to bfloat16."""
    return _rounded(scene, torch.bfloat16)


@LINEAR_LAYERS("weight-in-float16", _DTYPE, "a tolerance below 1e-3")
def weight_is_in_float16(scene: Scene) -> Tensor:
    """The weights were rounded to float16."""
    return _rounded(scene, torch.float16)


@ALL_OF_A_LAYER(
    "layers-shared", _MODULES, "layers after the first", seen="[layer] * n", layers=slice(1, None)
)
def layers_share_the_first(scene: Scene) -> Tensor:
    """The layer has the first layer's weights."""
    return by_layer(scene, 0)


@ALL_OF_A_LAYER(
    "layers-shared-last",
    _MODULES,
    "layers before the last",
    seen="[layer] * n, into which the weights of all layers were loaded one after the other",
    layers=slice(None, -1),
)
def layers_share_the_last(scene: Scene) -> Tensor:
    """The layer has the last layer's weights."""
    return by_layer(scene, scene.config["num_hidden_layers"] - 1)


@ALL_OF_A_LAYER(
    "layers-one-off",
    _COUNT,
    seen="names counted from 1",
    layers=slice(1, None),
    breaks=load_weights,
)
def layers_are_one_off(scene: Scene) -> Tensor:
    """The layer has the weights of the one before it."""
    return by_layer(scene, max(scene.number - 1, 0))


@ALL_OF_A_LAYER(
    "layers-as-text",
    "sort layers by their numbers: int(name.split('.')[2])",
    "more than 10 layers",
    seen="sorted(state_dict), in which layer.10 comes before layer.2",
    layers=slice(2, None),
    fewest_layers=11,
    everywhere=True,
    breaks=load_weights,
)
def layers_are_sorted_as_text(scene: Scene) -> Tensor:
    """The layers' weights are in the order of their names: 0, 1, 10, 11, 2."""
    return by_layer(scene, sorted(range(scene.config["num_hidden_layers"]), key=str)[scene.number])


@ALL_OF_A_LAYER("layers-backwards", _COUNT, layers=slice(None), breaks=load_weights)
def layers_are_backwards(scene: Scene) -> Tensor:
    """The layers' weights are in the opposite order."""
    return by_layer(scene, scene.config["num_hidden_layers"] - 1 - scene.number)


@LAYERS(
    "layer-skipped",
    "num_hidden_layers layers, one after the other",
    seen="range(1, n), and a last layer cut off for feature extraction",
)
def layer_is_skipped(scene: Scene) -> Tensor:
    """The layer is not run."""
    return scene.layer_input


@LAYERS(
    "layer-residual",
    "its two halves have a residual each; the layer as a whole has none",
    breaks=BertLayer.forward,
)
def layer_has_a_residual(scene: Scene) -> Tensor:
    """The layer's input is added to its output."""
    return scene.right + scene.layer_input


@KEYS(
    "key-bias-missing",
    "it is in the file; a checkpoint saved without it loads nowhere",
    "the key and the scores alone",
    equivalent="it adds the same number to all scores of a query, which softmax does not see",
    seen="Whisper, where it is right",
)
def bias_of_key_is_missing(scene: Scene) -> Tensor:
    """The key's bias is missing."""
    return scene.right - scene.bias
