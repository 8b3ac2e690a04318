"""LayerNorm mistakes."""

import torch.nn.functional as F
from torch import Tensor

from parity.core.mistake import Mistake, StageMistakes
from parity.core.scene import Scene
from scratch_bert.model.embeddings import BertEmbeddings
from scratch_bert.model.encoder import BertEncoder, BertLayer
from scratch_bert.model.feed_forward import BertOutput
from scratch_bert.weights.names import canonical_name

_LAYER = "encoder.layer.{i}"
_ATTENTION = f"{_LAYER}.attention.output.LayerNorm"
_OUTPUT = f"{_LAYER}.output.LayerNorm"
STAGES = ("embeddings.LayerNorm", _ATTENTION, _OUTPUT, "cls.predictions.transform")

MISTAKES: list[Mistake] = []
NORMS = StageMistakes(MISTAKES, BertEmbeddings.forward, *STAGES)
NORMS_OF_A_LAYER = StageMistakes(MISTAKES, BertOutput.forward, _ATTENTION, _OUTPUT, together=True)
LAYER = StageMistakes(
    MISTAKES,
    BertLayer.forward,
    *(f"{_LAYER}.attention.self.{name}" for name in ("query", "key", "value")),
    *(f"{_LAYER}.attention.output.sum", _ATTENTION, f"{_LAYER}.intermediate.dense"),
    *(f"{_LAYER}.output.sum", _OUTPUT, _LAYER),
    together=True,
)
AFTER_LAST = StageMistakes(
    MISTAKES,
    BertEncoder.forward,
    *("pooler.dense", "cls.predictions.transform", "last_hidden_state"),
    together=True,
)

_EPS = "nn.LayerNorm(hidden_size, eps=config.layer_norm_eps): BERT's is 1e-12"
_SMALL = "double precision, or tokens whose variance is small"
_ROOT = "divide by sqrt(variance + eps)"


def _centered(scene: Scene) -> Tensor:
    return scene.to_normalize - scene.to_normalize.mean(-1, keepdim=True)


def _variance(scene: Scene) -> Tensor:
    return _centered(scene).square().mean(-1, keepdim=True)


def _normalized(scene: Scene) -> Tensor:
    given = scene.to_normalize
    return F.layer_norm(given, given.shape[-1:], eps=scene.config["layer_norm_eps"])


@NORMS("norm-eps-1e-5", _EPS, _SMALL, seen="most tutorials")
def eps_is_1e_5(scene: Scene) -> Tensor:
    """LayerNorm's eps is 1e-5, torch's default."""
    return scene.norm(scene.to_normalize, eps=1e-5)


@NORMS("norm-eps-1e-6", _EPS, _SMALL)
def eps_is_1e_6(scene: Scene) -> Tensor:
    """LayerNorm's eps is 1e-6, the default of Flax and of ViT."""
    return scene.norm(scene.to_normalize, eps=1e-6)


@NORMS("norm-eps", _EPS, _SMALL, values=(1e-4, 1e-3, 1e-2, 1e-1, 1e-7, 1e-8))
def eps_is_another(scene: Scene) -> Tensor:
    """LayerNorm's eps is {value}."""
    return scene.norm(scene.to_normalize, eps=scene.value)


@NORMS(
    "norm-eps-outside",
    _ROOT,
    _SMALL,
    seen="The Annotated Transformer",
    values=(1e-6, 1e-5, 1e-8, 1e-3),
)
def eps_is_outside_the_root(scene: Scene) -> Tensor:
    """{value} is added to the standard deviation, not to the variance under the root."""
    return scene.affine(_centered(scene) / (_variance(scene).sqrt() + scene.value))


@NORMS("norm-unbiased", "var(unbiased=False): divide by n", seen="The Annotated Transformer")
def variance_is_unbiased(scene: Scene) -> Tensor:
    """The variance is divided by n - 1, as tensor.std() and tensor.var() do."""
    width = scene.to_normalize.shape[-1]
    return scene.affine(_centered(scene) / (_variance(scene) * width / (width - 1)).sqrt())


@NORMS("norm-not-centred", "subtract the mean before dividing", seen="code shared with Llama")
def mean_is_kept(scene: Scene) -> Tensor:
    """The mean is not subtracted, as in RMSNorm."""
    given = scene.to_normalize
    return scene.affine(given / given.square().mean(-1, keepdim=True).sqrt())


@NORMS("norm-centred-alone", _ROOT)
def variance_is_kept(scene: Scene) -> Tensor:
    """The mean is subtracted, but nothing is divided."""
    return scene.affine(_centered(scene))


@NORMS("norm-not-rooted", "divide by the variance's square root")
def root_is_missing(scene: Scene) -> Tensor:
    """LayerNorm divides by the variance, not by its square root."""
    return scene.affine(_centered(scene) / (_variance(scene) + scene.config["layer_norm_eps"]))


@NORMS(
    "norm-all-tokens",
    "normalize over the last dimension alone: nn.LayerNorm(hidden_size)",
    seen="nn.LayerNorm((seq, hidden)), and GroupNorm",
)
def norm_is_over_all_tokens(scene: Scene) -> Tensor:
    """One mean and variance serve all tokens of a row."""
    centered = scene.to_normalize - scene.to_normalize.mean((1, 2), keepdim=True)
    return scene.affine(centered / centered.square().mean((1, 2), keepdim=True).sqrt())


@NORMS("norm-of-batch", "normalize each token over its own features")
def norm_is_over_the_batch(scene: Scene) -> Tensor:
    """Each feature is normalized over the batch, as BatchNorm does."""
    centered = scene.to_normalize - scene.to_normalize.mean((0, 1), keepdim=True)
    spread = centered.square().mean((0, 1), keepdim=True)
    return scene.affine(centered / (spread + 1e-5).sqrt())


@NORMS(
    "norm-unloaded",
    "old checkpoints call them gamma and beta; a strict load would have told",
    "gains and biases other than 1 and 0",
    seen="checkpoints of TensorFlow",
    breaks=canonical_name,
)
def gain_and_bias_are_not_loaded(scene: Scene) -> Tensor:
    """Gain and bias are still 1 and 0: they were not loaded."""
    return _normalized(scene)


@NORMS(
    "norm-gain-unloaded",
    "old checkpoints call it gamma",
    "gains other than 1",
    breaks=canonical_name,
)
def gain_is_not_loaded(scene: Scene) -> Tensor:
    """The gain is still 1: it was not loaded."""
    return _normalized(scene) + scene.bias


@NORMS(
    "norm-bias-missing",
    "nn.LayerNorm has one by default; old checkpoints call it beta",
    "biases other than 0",
    seen="bias=False, as newer models have it",
)
def bias_is_missing(scene: Scene) -> Tensor:
    """LayerNorm's bias is missing."""
    return scene.right - scene.bias


@NORMS("norm-gain-plus-1", "BERT's gain is the weight itself", seen="code shared with Gemma")
def gain_is_1_plus_weight(scene: Scene) -> Tensor:
    """The gain is 1 + weight."""
    return scene.norm(scene.to_normalize) + _normalized(scene)


@NORMS("norm-missing", "one after each residual sum, and one after the embeddings")
def norm_is_missing(scene: Scene) -> Tensor:
    """LayerNorm is missing."""
    return scene.to_normalize


@NORMS("norm-twice", "once")
def norm_is_applied_twice(scene: Scene) -> Tensor:
    """LayerNorm is applied twice."""
    return scene.norm(scene.right)


@NORMS(
    "norm-in-float32",
    "let it keep the model's dtype",
    "double precision",
    harmless="a float32 model computes the same",
    seen="code that calls .float() for the sake of half precision",
)
def norm_is_in_float32(scene: Scene) -> Tensor:
    """LayerNorm computes in float32 though the model computes in double."""
    gain, bias, given = (each.float() for each in (scene.weight, scene.bias, scene.to_normalize))
    eps = scene.config["layer_norm_eps"]
    return F.layer_norm(given, given.shape[-1:], gain, bias, eps).to(scene.right)


@NORMS_OF_A_LAYER(
    "norms-exchanged",
    "attention.output.LayerNorm ends the first half of a layer, output.LayerNorm the second",
    "gains and biases that differ",
)
def norms_are_exchanged(scene: Scene) -> Tensor:
    """The layer's other LayerNorm's gain and bias are used."""
    attention, output = "attention.output.LayerNorm", "output.LayerNorm"
    return scene.norm(scene.to_normalize, output if scene.stage.endswith(attention) else attention)


@LAYER(
    "pre-norm",
    "BERT is post-norm: LayerNorm(x + half(x)), not x + half(LayerNorm(x))",
    seen="GPT-2, ViT, and most newer code",
    reorders=True,
    values=(0.0, 1.0),  # a stage named "sum" is the sum, or what LayerNorm is given
)
def norms_come_first(scene: Scene) -> Tensor:
    """LayerNorm is applied to the input of each half of a layer, not to its residual sum."""
    attention, output = "attention.output.LayerNorm", "output.LayerNorm"
    given = scene.layer_input
    name = scene.stage.removeprefix(f"{scene.layer}.") if scene.stage != scene.layer else ""
    if name.startswith("attention.self"):
        return scene.linear(scene.norm(given, attention))
    if name == attention:
        return scene.norm(given, attention)
    middle = given + scene["attention.output.dense"]
    match name:
        case "attention.output.sum":
            return given if scene.value else middle
        case "intermediate.dense":
            return scene.linear(scene.norm(middle, output))
        case "output.LayerNorm":
            return scene.norm(middle, output)
    end = middle + scene["output.dense"]
    return middle if name and scene.value else end


@AFTER_LAST(
    "norm-after-last",
    "BERT is post-norm: the last layer ends with its own LayerNorm",
    seen="pre-norm code, in which the last layer's output is not normalized",
    values=(1e-5, 1e-12, 1e-6),
)
def norm_comes_after_the_last_layer(scene: Scene) -> Tensor:
    """One more LayerNorm, with gain 1, bias 0 and eps {value}, comes after the last layer."""
    last = F.layer_norm(scene.last, scene.last.shape[-1:], eps=scene.value)
    match scene.stage:
        case "pooler.dense":
            return scene.linear(last[:, 0])
        case "cls.predictions.transform":
            return scene.norm(F.gelu(scene.linear(last, f"{scene.stage}.dense")))
    return last
