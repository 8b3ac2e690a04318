"""What is put on top of BERT: pretraining's two tasks, and the tasks it is fine-tuned for.

Each takes `BertModel.forward`'s arguments (`args`, `inputs`), and labels, which add a `loss`.
"""

from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from jaxtyping import Float, Integer, Num
from torch import Tensor, nn
from torch.utils._pytree import tree_map_only

from scratch_bert.activations import activation
from scratch_bert.config import BertConfig
from scratch_bert.initialization import init_weights
from scratch_bert.model import BertModel
from scratch_bert.outputs import HeadOutput, PreTrainingOutput, QuestionAnsweringOutput
from scratch_bert.pretrained import BertPreTrainedModel

TokenLabels = Integer[Tensor, "batch seq"] | None
TextLabels = Integer[Tensor, " batch"] | None


def cross_entropy(logits: Tensor, labels: Tensor | None) -> Tensor | None:
    """Mean over the labels that are not -100; None where there are no labels at all."""
    return None if labels is None else F.cross_entropy(logits.flatten(0, -2), labels.flatten())


class BertPredictionHeadTransform(nn.Module):
    """LayerNorm(gelu(x W + b)): one more layer before the vocabulary (original code only)."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.dense = nn.Linear(config.hidden_size, config.hidden_size)
        self.activation = activation(config.hidden_act)
        self.LayerNorm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)

    def forward(self, states: Float[Tensor, "*shape hidden"]) -> Float[Tensor, "*shape hidden"]:
        """Return the transformed vectors."""
        return self.LayerNorm(self.activation(self.dense(states)))


class BertLMPredictionHead(nn.Module):
    """Score every entry of the vocabulary: transform(x) Eᵀ + b; `decoder.bias` and `bias` are b."""

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
        """Draw the head's weights, after those of `bert`, and tie what is tied."""
        for part in list(self.children())[1:]:
            init_weights(part, self.config.initializer_range)
        self.tie_weights()


class BertWithVocabulary(BertWithHead):
    """A head that scores words; its matrix is the word embeddings' (paper: appendix A.2)."""

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


class BertForPreTraining(BertWithVocabulary):
    """Masked words and next sentence together (paper: section 3.1, tasks 1 and 2)."""

    HAS_NEXT_SENTENCE = True

    def forward(
        self,
        *args: Any,
        labels: TokenLabels = None,
        next_sentence_label: TextLabels = None,
        **inputs: Any,
    ) -> PreTrainingOutput:
        """The loss is the sum of both tasks', or the one task's that has labels (HF: None)."""
        output = self.bert(*args, **inputs)
        words = self.cls["predictions"](output.last_hidden_state)  # (batch, seq, vocab)
        is_random = self.cls["seq_relationship"](output.pooler_output)  # (batch, 2)
        loss, nsp_loss = cross_entropy(words, labels), cross_entropy(is_random, next_sentence_label)
        if loss is not None and nsp_loss is not None:
            loss = loss + nsp_loss
        return PreTrainingOutput(
            **output.intermediates(),
            prediction_logits=words,
            seq_relationship_logits=is_random,
            loss=nsp_loss if loss is None else loss,
        )


class BertForMaskedLM(BertWithVocabulary):
    """Fill in masked words (paper: section 3.1, task 1)."""

    def forward(self, *args: Any, labels: TokenLabels = None, **inputs: Any) -> HeadOutput:
        """Return logits (batch, seq, vocab)."""
        output = self.bert(*args, **inputs)
        logits = self.cls["predictions"](output.last_hidden_state)
        loss = cross_entropy(logits, labels)
        return HeadOutput(**output.intermediates(), logits=logits, loss=loss)


class BertLMHeadModel(BertWithVocabulary):
    """Predict the next word, left to right: BERT's layers as a decoder (HF only; `is_decoder`)."""

    def forward(self, *args: Any, labels: TokenLabels = None, **inputs: Any) -> HeadOutput:
        """Return logits (batch, seq, vocab); labels are the inputs, shifted here."""
        if labels is not None:
            inputs["use_cache"] = False
        output = self.bert(*args, **inputs)
        logits = self.cls["predictions"](output.last_hidden_state)
        following = None if labels is None else F.pad(labels[:, 1:], (0, 1), value=-100)
        loss = cross_entropy(logits.float(), following)  # HF: in float32 whatever the model's is
        return HeadOutput(**output.intermediates(), logits=logits, loss=loss)


class BertForNextSentencePrediction(BertWithHead):
    """Tell whether B follows A: label 0, or is a random sentence: 1 (section 3.1, task 2)."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__(config, add_pooling_layer=True)
        self.cls = nn.ModuleDict({"seq_relationship": nn.Linear(config.hidden_size, 2)})
        self.init_head()

    def forward(self, *args: Any, labels: TextLabels = None, **inputs: Any) -> HeadOutput:
        """Return logits (batch, 2)."""
        output = self.bert(*args, **inputs)
        logits = self.cls["seq_relationship"](output.pooler_output)
        loss = cross_entropy(logits, labels)
        return HeadOutput(**output.intermediates(), logits=logits, loss=loss)


class BertWithClassifier(BertWithHead):
    """Dropout and one linear layer (paper: section 4.1)."""

    def __init__(self, config: BertConfig, add_pooling_layer: bool, outputs: int) -> None:
        super().__init__(config, add_pooling_layer)
        rate = config.classifier_dropout
        self.dropout = nn.Dropout(config.hidden_dropout_prob if rate is None else rate)
        self.classifier = nn.Linear(config.hidden_size, outputs)
        self.init_head()


class BertForSequenceClassification(BertWithClassifier):
    """One answer for a text or a pair of texts: classes, several labels at once, or numbers."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__(config, add_pooling_layer=True, outputs=config.num_labels)

    def forward(
        self, *args: Any, labels: Num[Tensor, "batch *labels"] | None = None, **inputs: Any
    ) -> HeadOutput:
        """Return logits (batch, labels)."""
        output = self.bert(*args, **inputs)
        logits = self.classifier(self.dropout(output.pooler_output))
        loss = None if labels is None else self.loss(logits, labels)
        return HeadOutput(**output.intermediates(), logits=logits, loss=loss)

    def loss(self, logits: Float[Tensor, "batch labels"], labels: Tensor) -> Float[Tensor, ""]:
        """Follow `config.problem_type`, or tell from the labels (HF then stores what it told)."""
        problem = self.config.problem_type
        if problem == "regression" or (problem is None and self.config.num_labels == 1):
            return F.mse_loss(logits.squeeze(), labels.squeeze())
        is_class = problem is None and labels.dtype in (torch.long, torch.int)
        if problem == "single_label_classification" or is_class:
            return F.cross_entropy(logits, labels.flatten())
        return F.binary_cross_entropy_with_logits(logits, labels)


class BertForMultipleChoice(BertWithClassifier):
    """Choose one of several texts: each gets a number, and a softmax compares them (SWAG, 4.4)."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__(config, add_pooling_layer=True, outputs=1)

    def forward(self, *args: Any, labels: TextLabels = None, **inputs: Any) -> HeadOutput:
        """Return logits (batch, choices); every input has choices as its second dimension."""
        choices = next(t.shape[1] for t in (*args, *inputs.values()) if isinstance(t, Tensor))
        args, inputs = tree_map_only(Tensor, lambda t: t.flatten(0, 1), (args, inputs))
        output = self.bert(*args, **inputs)
        logits = self.classifier(self.dropout(output.pooler_output)).view(-1, choices)
        loss = cross_entropy(logits, labels)
        return HeadOutput(**output.intermediates(), logits=logits, loss=loss)


class BertForTokenClassification(BertWithClassifier):
    """One class per token, as in named-entity recognition (paper: section 5.3)."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__(config, add_pooling_layer=False, outputs=config.num_labels)

    def forward(self, *args: Any, labels: TokenLabels = None, **inputs: Any) -> HeadOutput:
        """Return logits (batch, seq, labels)."""
        output = self.bert(*args, **inputs)
        logits = self.classifier(self.dropout(output.last_hidden_state))
        loss = cross_entropy(logits, labels)
        return HeadOutput(**output.intermediates(), logits=logits, loss=loss)


class BertForQuestionAnswering(BertWithHead):
    """Find the answer's first and last token in a text (SQuAD; paper: section 4.2)."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__(config, add_pooling_layer=False)
        self.qa_outputs = nn.Linear(config.hidden_size, 2)
        self.init_head()

    def forward(
        self,
        *args: Any,
        start_positions: TextLabels = None,
        end_positions: TextLabels = None,
        **inputs: Any,
    ) -> QuestionAnsweringOutput:
        """Return start and end logits (batch, seq); positions outside the text are ignored."""
        output = self.bert(*args, **inputs)
        start, end = self.qa_outputs(output.last_hidden_state).unbind(-1)  # (batch, seq) each
        loss = None
        if start_positions is not None and end_positions is not None:
            seq = start.shape[1]
            start_loss = F.cross_entropy(start, start_positions.clamp(0, seq), ignore_index=seq)
            end_loss = F.cross_entropy(end, end_positions.clamp(0, seq), ignore_index=seq)
            loss = (start_loss + end_loss) / 2
        inside = output.intermediates()
        return QuestionAnsweringOutput(**inside, start_logits=start, end_logits=end, loss=loss)
