"""Residual mistakes, in both halves of a layer."""

from torch import Tensor

from parity.core.mistake import Mistake, StageMistakes
from parity.core.scene import Scene
from scratch_bert.model.feed_forward import BertOutput

_ATTENTION, _OUTPUT = "encoder.layer.{i}.attention.output", "encoder.layer.{i}.output"

MISTAKES: list[Mistake] = []
FIRST_SUM = StageMistakes(MISTAKES, BertOutput.forward, f"{_ATTENTION}.sum")
SECOND_SUM = StageMistakes(MISTAKES, BertOutput.forward, f"{_OUTPUT}.sum")
FIRST_HALF = StageMistakes(
    MISTAKES, BertOutput.forward, f"{_ATTENTION}.sum", f"{_ATTENTION}.LayerNorm", together=True
)
SECOND_HALF = StageMistakes(
    MISTAKES, BertOutput.forward, f"{_OUTPUT}.sum", f"{_OUTPUT}.LayerNorm", together=True
)

_FIRST = "LayerNorm(dense(context) + hidden_states)"
_SECOND = "LayerNorm(dense(intermediate) + attention_output)"


@FIRST_SUM("attention-residual-missing", _FIRST)
def first_residual_is_missing(scene: Scene) -> Tensor:
    """The layer's input is not added to the output of attention."""
    return scene.right - scene.layer_input


@FIRST_SUM("attention-residual-twice", _FIRST)
def first_residual_is_added_twice(scene: Scene) -> Tensor:
    """The layer's input is added twice."""
    return scene.right + scene.layer_input


@FIRST_SUM("attention-residual-of-values", _FIRST)
def first_residual_is_of_values(scene: Scene) -> Tensor:
    """The values are added in place of the layer's input."""
    return scene.right - scene.layer_input + scene["attention.self.value"]


@FIRST_HALF("attention-residual-after-norm", f"{_FIRST}: the sum is inside")
def first_residual_comes_after_norm(scene: Scene) -> Tensor:
    """The layer's input is added after the LayerNorm."""
    sign = -1 if scene.stage.endswith("sum") else 1
    return scene.right + sign * scene.layer_input


@FIRST_SUM(
    "attention-not-added",
    f"BERT normalizes the sum of both: {_FIRST}",
    seen="pre-norm code, as GPT-2's and ViT's, in which LayerNorm comes first",
)
def attention_is_not_added(scene: Scene) -> Tensor:
    """LayerNorm's input is the layer's input alone, without what attention makes."""
    return scene.layer_input


@SECOND_SUM("feed-forward-residual-missing", _SECOND)
def second_residual_is_missing(scene: Scene) -> Tensor:
    """The input of the feed-forward half is not added to its output."""
    return scene.right - scene["attention.output.LayerNorm"]


@SECOND_SUM("feed-forward-residual-twice", _SECOND)
def second_residual_is_added_twice(scene: Scene) -> Tensor:
    """The input of the feed-forward half is added twice."""
    return scene.right + scene["attention.output.LayerNorm"]


@SECOND_SUM("feed-forward-residual-of-layer-input", _SECOND)
def second_residual_is_of_layer_input(scene: Scene) -> Tensor:
    """The layer's input is added a second time, in place of the output of attention."""
    return scene.right - scene["attention.output.LayerNorm"] + scene.layer_input


@SECOND_SUM("feed-forward-residual-of-sum", f"{_SECOND}: BERT is post-norm")
def second_residual_is_of_sum(scene: Scene) -> Tensor:
    """The sum before attention's LayerNorm is added, not the one after it."""
    return scene.right - scene["attention.output.LayerNorm"] + scene["attention.output.sum"]


@SECOND_HALF("feed-forward-residual-after-norm", f"{_SECOND}: the sum is inside")
def second_residual_comes_after_norm(scene: Scene) -> Tensor:
    """The input of the feed-forward half is added after its LayerNorm."""
    sign = -1 if scene.stage.endswith("sum") else 1
    return scene.right + sign * scene["attention.output.LayerNorm"]
