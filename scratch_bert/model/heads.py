"""The heads that BERT is pretrained with: masked words, and whether sentence B follows A.

Each model takes `BertModel.forward`'s arguments, by position (`args`) or by name (`inputs`), and
labels, which add a `loss`. The vocabulary's matrix is a large part of the work: with `logits_at`,
True where logits are needed, only these are computed, (chosen, vocab).
"""

from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Integer
from torch import Tensor, nn

from scratch_bert.config import BertConfig
from scratch_bert.model.activations import activation
from scratch_bert.model.bert import BertModel
from scratch_bert.model.interface.pretrained import BertPreTrainedModel
from scratch_bert.model.interface.shape_checks import check_shape
from scratch_bert.model.outputs import BertModelOutput, HeadOutput, PreTrainingOutput
from scratch_bert.weights.initialization import init_weights

TokenLabels = Integer[Tensor, "batch seq"] | None
TextLabels = Integer[Tensor, " batch"] | None
Chosen = Bool[Tensor, "batch seq"] | None
# `states_at`: where a head reads states, besides [CLS], which is always kept. Here: nowhere else.
POOLED = torch.zeros(1, 1, dtype=torch.bool)


def cross_entropy(logits: Tensor, labels: Tensor | None) -> Tensor | None:
    """Return the mean of -log softmax(logits)[label] over the labels that are not -100.

    >>> logits = torch.tensor([[[0.0, 0.0], [9.0, 0.0]]])  # (batch 1, seq 2, classes 2)
    >>> cross_entropy(logits, torch.tensor([[1, -100]]))  # -log(1/2); the second is not counted
    tensor(0.6931)
    """
    if labels is None:
        return None
    # HF takes a column of labels, too.
    check_shape("labels", labels, tuple(logits.shape[:-1]), (*logits.shape[:-1], 1))
    # `F.cross_entropy` does not count -100. In pretraining it is the label of tokens that were not
    # chosen: the model sees them, and could copy them without reading their context.
    return F.cross_entropy(logits.flatten(0, -2), labels.flatten())


class BertPredictionHeadTransform(nn.Module):
    """LayerNorm(gelu(x W + b)): one more layer before the vocabulary.

    The paper does not mention it; the original has it.
    """

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.dense = nn.Linear(config.hidden_size, config.hidden_size)
        self.activation = activation(config.hidden_act)
        self.LayerNorm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)

    def forward(self, states: Float[Tensor, "*shape hidden"]) -> Float[Tensor, "*shape hidden"]:
        """Return the transformed vectors."""
        return self.LayerNorm(self.activation(self.dense(states)))


class BertLMPredictionHead(nn.Module):
    """Score every entry of the vocabulary: transform(x) Eᵀ + b, with E the word embeddings.

    A word's score is the dot product of its row of E with the transformed vector, plus its bias,
    which can make it likelier everywhere. HF's files have b twice, as `decoder.bias` and `bias`.
    """

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.transform = BertPredictionHeadTransform(config)
        self.decoder = nn.Linear(config.hidden_size, config.vocab_size)
        self.bias = nn.Parameter(torch.zeros(config.vocab_size))

    def forward(self, states: Float[Tensor, "*shape hidden"]) -> Float[Tensor, "*shape vocab"]:
        """Return the logits."""
        return self.decoder(self.transform(states))


class BertWithHead(BertPreTrainedModel):
    """`bert`, with or without a pooler; the subclass declares its head and calls `init_head`."""

    def __init__(self, config: BertConfig, add_pooling_layer: bool) -> None:
        super().__init__(config)
        self.bert = BertModel(config, add_pooling_layer)

    def init_head(self) -> None:
        """Draw the head's weights after those of `bert`, as HF does, and tie what is tied."""
        for part in list(self.children())[1:]:  # all but `bert`, which has drawn its own
            init_weights(part, self.config.initializer_range)
        self.tie_weights()


class BertWithVocabulary(BertWithHead):
    """A head that scores words; its matrix is the word embeddings' (Press and Wolf, 2017)."""

    # Tied weights are one tensor with two names: reading a word and predicting it train the same
    # numbers, and bert-base saves 23 million parameters (30522 x 768) beside its 110 million. The
    # paper does not mention it; the original does it. `tie_weights` puts the parameter on the right
    # in the left one's place; if `tie_word_embeddings` is False it does not, and `bias` is unused.
    TIED: ClassVar[dict[str, str]] = {
        "cls.predictions.decoder.weight": "bert.embeddings.word_embeddings.weight",
        "cls.predictions.decoder.bias": "cls.predictions.bias",
    }

    HAS_NEXT_SENTENCE: ClassVar[bool] = False

    def __init__(self, config: BertConfig) -> None:
        super().__init__(config, add_pooling_layer=self.HAS_NEXT_SENTENCE)
        self.cls = nn.ModuleDict({"predictions": BertLMPredictionHead(config)})
        if self.HAS_NEXT_SENTENCE:
            self.cls["seq_relationship"] = nn.Linear(config.hidden_size, 2)
        self.init_head()

    def score(
        self, output: BertModelOutput, labels: TokenLabels, chosen: Chosen
    ) -> tuple[Float[Tensor, "*shape vocab"], Tensor | None]:
        """Return the logits of all tokens, or of those chosen, and the labels of the same."""
        head = self.cls["predictions"]
        if chosen is None:
            return output.for_each_token(head), labels
        check_shape("logits_at", chosen, tuple(output.last_hidden_state.shape[:2]))
        if labels is not None:
            check_shape("labels", labels, tuple(chosen.shape))
        logits = head(output.last_hidden_state[chosen])  # (chosen, vocab)
        return logits, None if labels is None else labels[chosen]


class BertForPreTraining(BertWithVocabulary):
    """Masked words and next sentence together (paper: section 3.1, tasks 1 and 2)."""

    HAS_NEXT_SENTENCE = True

    def forward(
        self,
        *args: Any,
        labels: TokenLabels = None,
        next_sentence_label: TextLabels = None,
        logits_at: Chosen = None,
        **inputs: Any,
    ) -> PreTrainingOutput:
        """The loss is the sum of both tasks', or the one that has labels (in HF then None)."""
        output = self.bert(*args, states_at=logits_at, **inputs)
        # (batch, seq, vocab) or (chosen, vocab)
        word_logits, labels = self.score(output, labels, logits_at)
        # The pooler has seen both sentences through [CLS]; two numbers say whether B follows A.
        follows = self.cls["seq_relationship"](output.pooler_output)  # (batch, 2)
        loss = cross_entropy(word_logits, labels)
        nsp_loss = cross_entropy(follows, next_sentence_label)
        if loss is not None and nsp_loss is not None:
            loss = loss + nsp_loss
        return PreTrainingOutput(
            **output.intermediates(),
            prediction_logits=word_logits,
            seq_relationship_logits=follows,
            loss=nsp_loss if loss is None else loss,
        )


class BertForMaskedLM(BertWithVocabulary):
    """Fill in masked words (paper: section 3.1, task 1)."""

    def forward(
        self, *args: Any, labels: TokenLabels = None, logits_at: Chosen = None, **inputs: Any
    ) -> HeadOutput:
        """Return logits (batch, seq, vocab) or (chosen, vocab)."""
        output = self.bert(*args, states_at=logits_at, **inputs)
        logits, labels = self.score(output, labels, logits_at)
        loss = cross_entropy(logits, labels)
        return HeadOutput(**output.intermediates(), logits=logits, loss=loss)


class BertForNextSentencePrediction(BertWithHead):
    """Tell whether B follows A: label 0, or is a random sentence: 1 (section 3.1, task 2)."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__(config, add_pooling_layer=True)
        self.cls = nn.ModuleDict({"seq_relationship": nn.Linear(config.hidden_size, 2)})
        self.init_head()

    def forward(self, *args: Any, labels: TextLabels = None, **inputs: Any) -> HeadOutput:
        """Return logits (batch, 2)."""
        output = self.bert(*args, states_at=POOLED, **inputs)
        logits = self.cls["seq_relationship"](output.pooler_output)
        loss = cross_entropy(logits, labels)
        return HeadOutput(**output.intermediates(), logits=logits, loss=loss)
