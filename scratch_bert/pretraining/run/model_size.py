"""The size of a model that is pretrained."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scratch_bert.config import BertConfig

if TYPE_CHECKING:
    from scratch_bert.model.heads import BertForMaskedLM, BertForPreTraining


@dataclass(frozen=True)
class ModelSize:
    """The size of a model, and what it learns.

    Attributes:
        layers: number of layers.
        hidden: their width; heads have 64 numbers.
        dropout: what is dropped in training; the paper has 0.1.
        next_sentence: whether it tells if sentences follow each other, too (BertForPreTraining);
            else it fills in masked tokens only (BertForMaskedLM).
    """

    layers: int = 2
    hidden: int = 64
    dropout: float = 0.0
    next_sentence: bool = True

    def build(self, words: int, positions: int) -> "BertForPreTraining | BertForMaskedLM":
        """Return a new model, with weights from torch's generator."""
        from scratch_bert.model.heads import BertForMaskedLM, BertForPreTraining  # brings torch

        config = BertConfig(
            vocab_size=words,
            hidden_size=self.hidden,
            num_hidden_layers=self.layers,
            num_attention_heads=self.hidden // 64,
            intermediate_size=4 * self.hidden,
            max_position_embeddings=positions,
            hidden_dropout_prob=self.dropout,
            attention_probs_dropout_prob=self.dropout,
        )
        return BertForPreTraining(config) if self.next_sentence else BertForMaskedLM(config)
