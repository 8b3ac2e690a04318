"""BERT's layers as a decoder with a head: each token predicts the next one."""

from typing import Any

import torch.nn.functional as F

from scratch_bert.model.heads import BertWithVocabulary, Chosen, TokenLabels, cross_entropy
from scratch_bert.model.outputs import HeadOutput


class BertLMHeadModel(BertWithVocabulary):
    """Predict the next word, left to right: BERT's layers as a decoder (HF only; `is_decoder`)."""

    def forward(
        self, *args: Any, labels: TokenLabels = None, logits_at: Chosen = None, **inputs: Any
    ) -> HeadOutput:
        """Return logits (batch, seq, vocab); labels are the inputs, shifted here."""
        if labels is not None:
            inputs["use_cache"] = False
            labels = F.pad(labels[:, 1:], (0, 1), value=-100)  # (batch, seq)
        output = self.bert(*args, states_at=logits_at, **inputs)
        logits, labels = self.score(output, labels, logits_at)
        # HF computes this loss in float32, whatever the model's dtype is.
        loss = None if labels is None else cross_entropy(logits.float(), labels)
        return HeadOutput(**output.intermediates(), logits=logits, loss=loss)
