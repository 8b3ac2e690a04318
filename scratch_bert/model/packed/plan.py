"""What every layer's attention is told: how to compute, and who may look at whom."""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Bool, Float, Integer
from torch import Tensor

from scratch_bert.model.packed.packing import Packing

Attention = Literal["eager", "sdpa", "packed"]
Attended = Integer[Tensor, "batch _"] | Bool[Tensor, "batch _"] | None
Seen = Bool[Tensor, "batch _"] | None
Mask = Float[Tensor, "#batch 1 #query key"] | Bool[Tensor, "#batch 1 #query key"] | None
EncoderMask = Float[Tensor, "batch 1 1 source"] | Bool[Tensor, "batch 1 1 source"] | None
Split = Float[Tensor, "batch heads _ head_dim"]


class KeyValueCache:
    """The keys and values of tokens a decoder has already seen (HF `past_key_values`).

    A decoder that writes one token at a time computes only that token's query, key and value, and
    finds the others here, per layer. Those of an encoder's output never change.
    """

    def __init__(self) -> None:
        self.tokens: dict[int, tuple[Split, Split]] = {}
        self.encoder: dict[int, tuple[Split, Split]] = {}

    @property
    def length(self) -> int:
        """Number of tokens seen."""
        return self.tokens[0][0].size(2) if self.tokens else 0

    def extend(self, layer: int, key: Split, value: Split) -> tuple[Split, Split]:
        """Append a layer's new keys and values and return all of them."""
        if layer in self.tokens:
            past_key, past_value = self.tokens[layer]
            key = torch.cat([past_key, key], dim=2)  # (batch, heads, past + new, head_dim)
            value = torch.cat([past_value, value], dim=2)
        # Contiguous, as HF's cache makes them: small matrices take another kernel otherwise.
        self.tokens[layer] = key.contiguous(), value.contiguous()
        return self.tokens[layer]


@dataclass(frozen=True)
class AttentionPlan:
    """The same for all layers; made once by `BertModel.forward`.

    Attributes:
        attention: "eager", the formula, "sdpa", torch's fused kernel, or "packed", that without
            padding.
        mask: from `mask_for`; None in a packed batch.
        encoder_hidden_states: what a decoder's cross-attention looks at; None for none.
        encoder_mask: the mask over those.
        cache: a decoder's, extended by each layer.
        packing: of a packed batch; None otherwise.
        output_attentions: whether layers return their probabilities, large as these are.
    """

    attention: Attention
    mask: Mask = None
    encoder_hidden_states: Float[Tensor, "batch source hidden"] | None = None
    encoder_mask: EncoderMask = None
    cache: KeyValueCache | None = None
    packing: Packing | None = None
    output_attentions: bool = False


def mask_for(
    attention: Attention,
    attended: Seen,
    like: Float[Tensor, "batch seq hidden"],
    causal_past: int | None = None,
) -> Mask:
    """Turn what may be looked at (True; padding is False) into what the attention takes.

    Eager attention adds 0 or the dtype's lowest number to the scores; sdpa takes booleans. In a
    decoder, tokens see the `causal_past` tokens in the cache and, of `like`'s, the earlier ones.

    Returns:
        (batch or 1, 1, query or 1, key); None where nothing is hidden, and for sdpa also where the
        kernel's own causal switch says it all, since without a mask it takes a faster road.
    """
    if attended is not None and not torch.compiler.is_compiling() and bool(attended.all()):
        attended = None
    mask = None if attended is None else attended[:, None, None, :]  # (batch, 1, 1, key)
    if causal_past is not None:
        query = like.shape[1]
        if mask is None and attention != "eager" and (causal_past == 0 or query == 1):
            return None
        shape = query, causal_past + query
        earlier = torch.ones(shape, dtype=torch.bool, device=like.device).tril(causal_past)
        earlier = earlier[None, None]  # (1, 1, query, key)
        mask = earlier if mask is None else mask & earlier
    if mask is None or attention != "eager":
        return mask
    return torch.where(mask, like.new_zeros(()), torch.finfo(like.dtype).min)
