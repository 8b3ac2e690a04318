"""What is put on top of BERT to fine-tune it: one answer per text, one per token, or a span.

They take their arguments as the models of `heads.py` do.
"""

from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float, Num
from torch import Tensor, nn
from torch.utils._pytree import tree_map_only

from scratch_bert.config import BertConfig
from scratch_bert.model.heads import POOLED, BertWithHead, TextLabels, TokenLabels, cross_entropy
from scratch_bert.model.outputs import HeadOutput, QuestionAnsweringOutput


class BertWithClassifier(BertWithHead):
    """Dropout, which is the original's, and one linear layer (paper: section 4.1)."""

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
        output = self.bert(*args, states_at=POOLED, **inputs)
        logits = self.classifier(self.dropout(output.pooler_output))
        loss = None if labels is None else self.loss(logits, labels)
        return HeadOutput(**output.intermediates(), logits=logits, loss=loss)

    def loss(self, logits: Float[Tensor, "batch labels"], labels: Tensor) -> Float[Tensor, ""]:
        """Follow `config.problem_type`, or infer it from each batch (HF stores its first guess).

        A single output is a regression then; inference takes it for a probability, as HF does.
        """
        problem = self.config.problem_type
        if problem == "regression" or (problem is None and self.config.num_labels == 1):
            if self.config.num_labels == 1:
                logits, labels = logits.squeeze(), labels.squeeze()
            return F.mse_loss(logits, labels)
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
        given = [tensor for tensor in (*args, *inputs.values()) if isinstance(tensor, Tensor)]
        choices = given[0].shape[1] if given else 0
        # (batch, choices, seq) → (batch * choices, seq): BERT reads every choice as a text.
        args, inputs = tree_map_only(Tensor, lambda t: t.flatten(0, 1), (args, inputs))
        output = self.bert(*args, states_at=POOLED, **inputs)
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
        logits = output.for_each_token(lambda states: self.classifier(self.dropout(states)))
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
        """Return start and end logits (batch, seq); positions from seq on are ignored (HF).

        In a packed batch the logits of padding are the lowest number, so that no answer is there;
        otherwise padding has logits of its own, and they take part in the loss's softmax, as in HF.
        """
        output = self.bert(*args, **inputs)
        logits = output.for_each_token(self.qa_outputs, lowest=True)
        start, end = logits.unbind(-1)  # (batch, seq) each
        loss = None
        if start_positions is not None and end_positions is not None:
            seq = start.shape[1]
            first, last = (p.flatten().clamp(0, seq) for p in (start_positions, end_positions))
            start_loss = F.cross_entropy(start, first, ignore_index=seq)
            end_loss = F.cross_entropy(end, last, ignore_index=seq)
            loss = (start_loss + end_loss) / 2
        inside = output.intermediates()
        return QuestionAnsweringOutput(**inside, start_logits=start, end_logits=end, loss=loss)
