"""Softmax mistakes."""

import torch
from torch import Tensor

from parity.core.mistake import Mistake, StageMistakes
from parity.core.scene import Scene
from parity.model.mistakes.attention_mask import masked, unmasked
from scratch_bert.model.attention import eager_attention

MISTAKES: list[Mistake] = []
PROBABILITIES = StageMistakes(
    MISTAKES, eager_attention, "encoder.layer.{i}.attention.self.probabilities"
)

_SOFTMAX = "softmax over the keys: dim=-1 of (batch, heads, query, key)"


def _scores(scene: Scene) -> Tensor:
    return masked(unmasked(scene), scene.keys)


@PROBABILITIES("softmax-over-queries", _SOFTMAX)
def softmax_is_over_queries(scene: Scene) -> Tensor:
    """The softmax is taken over the queries: columns sum to 1, not rows."""
    return _scores(scene).softmax(2)


@PROBABILITIES(
    "softmax-over-heads",
    _SOFTMAX,
    seen="F.softmax without a dim, which chose 1 for four dimensions",
)
def softmax_is_over_heads(scene: Scene) -> Tensor:
    """The softmax is taken over the heads."""
    return _scores(scene).softmax(1)


@PROBABILITIES("softmax-twice", "once; padding has probability 0 after it")
def softmax_is_taken_twice(scene: Scene) -> Tensor:
    """The softmax is taken twice."""
    return scene.right.softmax(-1)


@PROBABILITIES("softmax-missing", _SOFTMAX)
def softmax_is_missing(scene: Scene) -> Tensor:
    """The softmax is missing: scores weigh the values as they are."""
    return unmasked(scene) * scene.keys


@PROBABILITIES("softmax-plus-1", "BERT's rows sum to 1")
def denominator_has_1_added(scene: Scene) -> Tensor:
    """1 is added to the softmax's denominator, so that rows sum to less than 1."""
    scores = _scores(scene)
    nothing = torch.zeros_like(scores[..., :1])
    return torch.cat((scores, nothing), -1).softmax(-1)[..., :-1]


@PROBABILITIES("softmax-sharp", "softmax, not argmax")
def softmax_is_sharp(scene: Scene) -> Tensor:
    """Each token takes the value of the best key alone."""
    scores = _scores(scene)
    return (scores == scores.amax(-1, keepdim=True)).to(scores)


@PROBABILITIES("softmax-sigmoid", _SOFTMAX)
def softmax_is_sigmoid(scene: Scene) -> Tensor:
    """A sigmoid replaces the softmax."""
    return _scores(scene).sigmoid()


@PROBABILITIES(
    "softmax-in-float32",
    "let it keep the model's dtype",
    "double precision",
    harmless="a float32 model computes the same",
    seen="code that calls .float() for the sake of half precision",
)
def softmax_is_in_float32(scene: Scene) -> Tensor:
    """The softmax computes in float32 though the model computes in double."""
    return scene["attention.self.scores"].float().softmax(-1).to(scene.right)
