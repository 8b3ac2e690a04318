"""What the models return; the names are HF's."""

from dataclasses import dataclass
from typing import Any

from torch import Tensor

from scratch_bert.attention_plan import KeyValueCache


@dataclass(kw_only=True)
class Intermediates:
    """What a forward pass can show of its inside.

    Attributes:
        hidden_states: if asked for, (batch, seq, hidden) each: the embeddings, then each layer.
        attentions: if asked for, (batch, heads, seq, seq) each: one per layer.
        cross_attentions: likewise over an encoder's output, (batch, heads, seq, key) each.
        past_key_values: a decoder's cache.
    """

    hidden_states: tuple[Tensor, ...] | None = None
    attentions: tuple[Tensor, ...] | None = None
    cross_attentions: tuple[Tensor, ...] | None = None
    past_key_values: KeyValueCache | None = None

    def intermediates(self) -> dict[str, Any]:
        """These alone, for a head's output to repeat."""
        return {
            "hidden_states": self.hidden_states,
            "attentions": self.attentions,
            "cross_attentions": self.cross_attentions,
            "past_key_values": self.past_key_values,
        }


@dataclass(kw_only=True)
class BertModelOutput(Intermediates):
    """`last_hidden_state` (batch, seq, hidden), and (batch, hidden) where there is a pooler."""

    last_hidden_state: Tensor
    pooler_output: Tensor | None = None


@dataclass(kw_only=True)
class HeadOutput(Intermediates):
    """`logits`, and the `loss` (a scalar) where labels were given."""

    logits: Tensor
    loss: Tensor | None = None


@dataclass(kw_only=True)
class PreTrainingOutput(Intermediates):
    """`prediction_logits` (batch, seq, vocab), `seq_relationship_logits` (batch, 2), `loss`."""

    prediction_logits: Tensor
    seq_relationship_logits: Tensor
    loss: Tensor | None = None


@dataclass(kw_only=True)
class QuestionAnsweringOutput(Intermediates):
    """`start_logits` and `end_logits` (batch, seq), and the `loss` where positions were given."""

    start_logits: Tensor
    end_logits: Tensor
    loss: Tensor | None = None
