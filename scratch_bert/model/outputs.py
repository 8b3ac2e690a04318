"""What the models return; the names are HF's."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from scratch_bert.model.decoder.cache import KeyValueCache
from scratch_bert.model.packed.packing import Packing


@dataclass(kw_only=True)
class Intermediates:
    """What a forward pass can show of its inside.

    Attributes:
        hidden_states: if asked for, (batch, seq, hidden) each: the embeddings, then each layer.
        attentions: if asked for, (batch, heads, seq, seq) each: one per layer.
        cross_attentions: likewise over an encoder's output, (batch, heads, seq, source) each.
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
    """What `BertModel` returns.

    Attributes:
        last_hidden_state: (batch, seq, hidden).
        pooler_output: (batch, hidden), where there is a pooler.
        packing: where each token was, if all texts were joined to one row ("packed": no padding).
    """

    last_hidden_state: Tensor
    pooler_output: Tensor | None = None
    packing: Packing | None = None

    def for_each_token(self, head: Callable[[Tensor], Tensor], *, lowest: bool = False) -> Tensor:
        """Run a head on every token; after a packed pass not on padding, which saves work.

        Args:
            head: from (…, hidden) to (…, width).
            lowest: in a batch that was packed the padding gets the lowest number, not 0, so that a
                softmax over the tokens never picks it.

        Returns:
            (batch, seq, width).
        """
        if self.packing is None:
            return head(self.last_hidden_state)
        made = head(self.packing.pack(self.last_hidden_state))
        return self.packing.unpack(made, torch.finfo(made.dtype).min if lowest else 0.0)


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


# torch.export refuses a result whose fields it does not know.
for output in (BertModelOutput, HeadOutput, PreTrainingOutput, QuestionAnsweringOutput):
    torch.export.register_dataclass(output)
