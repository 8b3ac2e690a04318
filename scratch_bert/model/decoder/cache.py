"""The keys and values of tokens that a decoder has already read."""

import torch
from jaxtyping import Float
from torch import Tensor

Split = Float[Tensor, "batch heads _ head_dim"]


class KeyValueCache:
    """Keys and values by layer (HF `past_key_values`).

    A decoder that writes one token at a time computes only that token's query, key and value, and
    finds those of the earlier tokens here. Those of an encoder's output never change.
    """

    def __init__(self) -> None:
        self.tokens: dict[int, tuple[Split, Split]] = {}
        self.encoder: dict[int, tuple[Split, Split]] = {}

    @property
    def length(self) -> int:
        """Number of cached tokens."""
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
