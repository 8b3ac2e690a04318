"""Head and output mistakes."""

import torch
import torch.nn.functional as F
from torch import Tensor

from parity.core.mistake import Mistake, StageMistakes
from parity.core.scene import Scene
from scratch_bert.model.bert import BertModel
from scratch_bert.model.heads import (
    BertForPreTraining,
    BertLMPredictionHead,
    BertPredictionHeadTransform,
)
from scratch_bert.model.pooler import BertPooler

_TRANSFORM, _WORDS = "cls.predictions.transform", "cls.predictions"
_HEAD = "a checkpoint with heads"

MISTAKES: list[Mistake] = []
POOLER = StageMistakes(MISTAKES, BertPooler.forward, "pooler")
POOLER_DENSE = StageMistakes(MISTAKES, BertPooler.forward, "pooler.dense")
TRANSFORM = StageMistakes(
    MISTAKES, BertPredictionHeadTransform.forward, _TRANSFORM, detected_by=_HEAD
)
WORDS = StageMistakes(MISTAKES, BertLMPredictionHead.forward, _WORDS, detected_by=_HEAD)
FOLLOWS = StageMistakes(
    MISTAKES, BertForPreTraining.forward, "cls.seq_relationship", detected_by=_HEAD
)
LAST_STATE = StageMistakes(MISTAKES, BertModel.forward, "last_hidden_state")
POOLED = StageMistakes(MISTAKES, BertModel.forward, "pooler_output")

_TANH = "the pooler has tanh, whatever hidden_act is"
_FIRST = "pooler(last_hidden_state[:, 0]): [CLS] alone"
_DENSE = "tanh(dense([CLS]))"
_ORDER = "decoder(LayerNorm(gelu(dense(last_hidden_state))))"


def _layer_before(scene: Scene) -> Tensor:
    count = scene.config["num_hidden_layers"]
    return scene.made[f"encoder.layer.{count - 2}" if count > 1 else "embeddings"]


@POOLER("pooler-tanh-missing", _DENSE, "the pooler's output")
def tanh_is_missing(scene: Scene) -> Tensor:
    """The pooler has no tanh."""
    return scene.input


@POOLER("pooler-gelu", _TANH)
def gelu_for_tanh(scene: Scene) -> Tensor:
    """The pooler's activation is GELU."""
    return F.gelu(scene.input)


@POOLER("pooler-relu", _TANH)
def relu_for_tanh(scene: Scene) -> Tensor:
    """The pooler's activation is ReLU."""
    return scene.input.relu()


@POOLER_DENSE("pooler-of-mean", _FIRST)
def pooler_takes_the_mean(scene: Scene) -> Tensor:
    """The pooler's input is the mean of all tokens."""
    return scene.linear(scene.last.mean(1))


@POOLER_DENSE("pooler-of-attended", _FIRST)
def pooler_takes_the_mean_of_attended(scene: Scene) -> Tensor:
    """The pooler's input is the mean of the attended tokens."""
    kept = scene.mask[..., None].to(scene.last)
    return scene.linear((scene.last * kept).sum(1) / kept.sum(1))


@POOLER_DENSE("pooler-of-maximum", _FIRST)
def pooler_takes_the_maximum(scene: Scene) -> Tensor:
    """The pooler's input is the maximum of each feature."""
    return scene.linear(scene.last.amax(1))


@POOLER_DENSE("pooler-of-last", _FIRST)
def pooler_takes_the_last(scene: Scene) -> Tensor:
    """The pooler's input is the last token of the row, padding or not."""
    return scene.linear(scene.last[:, -1])


@POOLER_DENSE("pooler-of-last-attended", _FIRST, seen="GPT-2's classifier, where it is right")
def pooler_takes_the_last_attended(scene: Scene) -> Tensor:
    """The pooler's input is the last attended token."""
    place = torch.arange(scene.mask.shape[1]) * scene.mask
    return scene.linear(scene.last[torch.arange(len(place)), place.argmax(1)])


@POOLER_DENSE("pooler-of-second", _FIRST)
def pooler_takes_the_second(scene: Scene) -> Tensor:
    """The pooler's input is the second token."""
    return scene.linear(scene.last[:, min(1, scene.last.shape[1] - 1)])


@POOLER_DENSE("pooler-of-layer-before", _FIRST, seen="hidden_states[-2]")
def pooler_takes_the_layer_before(scene: Scene) -> Tensor:
    """The pooler's input is the output of the last layer but one."""
    return scene.linear(_layer_before(scene)[:, 0])


@POOLER_DENSE("pooler-missing", _DENSE)
def pooler_is_missing(scene: Scene) -> Tensor:
    """The pooler's linear layer is missing."""
    return scene.input


@TRANSFORM("transform-missing", _ORDER)
def transform_is_missing(scene: Scene) -> Tensor:
    """The masked words' transform is missing."""
    return scene.last


@TRANSFORM("transform-norm-first", _ORDER)
def transform_normalizes_first(scene: Scene) -> Tensor:
    """The masked words' transform normalizes before it activates."""
    return F.gelu(scene.norm(scene.input, f"{_TRANSFORM}.LayerNorm"))


@WORDS("words-from-states", _ORDER)
def words_are_scored_by_states(scene: Scene) -> Tensor:
    """Words are scored by the last layer's states, past the transform."""
    decoder = scene.parameter(f"{_WORDS}.decoder.weight")
    return scene.last @ decoder.T + scene.parameter(f"{_WORDS}.bias")


@WORDS("words-as-probabilities", "return what the decoder makes; the loss takes the softmax itself")
def probabilities_are_returned(scene: Scene) -> Tensor:
    """Probabilities are returned where logits should be."""
    return scene.right.softmax(-1)


@WORDS(
    "words-as-log-probabilities",
    "return what the decoder makes, or call them log_probabilities",
    seen="BERT-pytorch",
)
def log_probabilities_are_returned(scene: Scene) -> Tensor:
    """Log-probabilities are returned where logits should be."""
    return scene.right.log_softmax(-1)


@FOLLOWS("next-sentence-inverted", "0 means that B follows A, 1 that it is a random sentence")
def answers_are_exchanged(scene: Scene) -> Tensor:
    """The two logits are swapped."""
    return scene.right.flip(-1)


@FOLLOWS("next-sentence-unpooled", "cls.seq_relationship(pooler_output)")
def answers_are_of_unpooled_state(scene: Scene) -> Tensor:
    """The logits are computed from [CLS]'s last state, without the pooler."""
    return scene.linear(scene.last[:, 0])


@LAST_STATE(
    "states-of-layer-before",
    "last_hidden_state is the last layer's output",
    seen="hidden_states[-2]",
)
def states_are_of_layer_before(scene: Scene) -> Tensor:
    """The output of the last layer but one is returned."""
    return _layer_before(scene)


@POOLED("pooled-is-cls", "pooler_output is tanh(dense([CLS]))")
def state_is_returned_as_pooled(scene: Scene) -> Tensor:
    """[CLS]'s last state is returned as the pooler's output."""
    return scene.last[:, 0]
