"""Attention: every token looks at every other and takes what it needs from each.

Read `eager_attention` first: it is the formula. `sdpa_attention` is the same mathematics in one
call of torch, faster and without the probabilities.
"""

from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Integer
from torch import Tensor, nn

from scratch_bert.config import BertConfig
from scratch_bert.feed_forward import BertOutput

Attention = Literal["eager", "sdpa"]
Queries = Float[Tensor, "batch heads query head_dim"]
Keys = Values = Float[Tensor, "batch heads key head_dim"]
Probabilities = Float[Tensor, "batch heads query key"]


def eager_attention(
    query: Queries,
    key: Keys,
    value: Values,
    mask: Float[Tensor, "#batch 1 #query key"] | None,
    dropout: float,
) -> tuple[Queries, Probabilities]:
    """softmax(Q Kᵀ / √head_dim + mask) V (Vaswani et al., 2017, equation 1).

    Returns:
        the context, and the probabilities it was mixed with.
    """
    # A multiplication by d**-0.5 and a division by sqrt(d) differ in the last bit; HF multiplies.
    scores = torch.matmul(query, key.transpose(2, 3)) * query.size(-1) ** -0.5
    if mask is not None:
        scores = scores + mask
    probabilities = F.dropout(F.softmax(scores, dim=-1), p=dropout)
    return torch.matmul(probabilities, value), probabilities


def sdpa_attention(
    query: Queries,
    key: Keys,
    value: Values,
    mask: Bool[Tensor, "#batch 1 #query key"] | None,
    dropout: float,
    is_causal: bool,
) -> Queries:
    """The same in torch's fused kernel; here the mask says True where a token may be looked at."""
    return F.scaled_dot_product_attention(
        query, key, value, attn_mask=mask, dropout_p=dropout, is_causal=is_causal
    )


def attention_mask_for(
    attention: Attention,
    attended: Integer[Tensor, "batch key"] | Bool[Tensor, "batch key"] | None,
    dtype: torch.dtype,
    causal_shape: tuple[int, int] | None = None,
    device: torch.device | None = None,
) -> Tensor | None:
    """Turn HF's `attention_mask` (1 attend, 0 padding) into what the chosen attention takes.

    Eager attention adds 0 or the dtype's lowest number to the scores; sdpa takes booleans. With a
    `causal_shape` (query, key), as in a decoder, later tokens are hidden from earlier ones.

    Returns:
        (batch or 1, 1, query or 1, key); None where nothing is hidden, and for sdpa also where the
        kernel's own causal switch says it all, since without a mask it takes a faster road.
    """
    if attended is not None:
        attended = attended.to(torch.bool)
        if not torch.compiler.is_compiling() and bool(attended.all()):
            attended = None
    mask = None if attended is None else attended[:, None, None, :]  # (batch, 1, 1, key)
    if causal_shape is not None:
        query, key = causal_shape
        if mask is None and attention == "sdpa" and query in (1, key):
            return None
        earlier = torch.ones(query, key, dtype=torch.bool, device=device).tril(key - query)
        mask = earlier[None, None] if mask is None else mask & earlier  # (batch, 1, query, key)
    if mask is None or attention == "sdpa":
        return mask
    return torch.where(
        mask, torch.zeros((), dtype=dtype, device=mask.device), torch.finfo(dtype).min
    )


class KeyValueCache:
    """The keys and values of tokens a decoder has already seen (HF `past_key_values`).

    A decoder that writes one token at a time computes only that token's query, key and value, and
    finds the others here. Cross-attention's are those of the encoder's output and never change.
    """

    def __init__(self) -> None:
        self.tokens: dict[int, tuple[Keys, Values]] = {}
        self.encoder: dict[int, tuple[Keys, Values]] = {}

    @property
    def length(self) -> int:
        """Number of tokens seen."""
        return self.tokens[0][0].size(2) if self.tokens else 0

    def extend(self, layer: int, key: Tensor, value: Tensor) -> tuple[Keys, Values]:
        """Append a layer's new keys and values and return all of them."""
        if layer in self.tokens:
            past_key, past_value = self.tokens[layer]
            key = torch.cat([past_key, key], dim=2)  # (batch, heads, past + new, head_dim)
            value = torch.cat([past_value, value], dim=2)
        self.tokens[layer] = key, value
        return key, value


class BertSelfAttention(nn.Module):
    """Project to queries, keys and values, split into heads, attend, join the heads again.

    Cross-attention (HF `BertCrossAttention`) is the same module with keys and values taken from an
    encoder's output instead of from the tokens themselves.
    """

    def __init__(self, config: BertConfig, layer: int = 0, is_cross: bool = False) -> None:
        super().__init__()
        hidden, heads = config.hidden_size, config.num_attention_heads
        if hidden % heads != 0:
            raise ValueError(
                f"hidden_size {hidden} does not divide into num_attention_heads {heads}; "
                "each head takes an equal share of the vector"
            )
        self.head_dim = hidden // heads
        self.layer = layer
        self.is_cross = is_cross
        self.is_causal = config.is_decoder and not is_cross
        self.query = nn.Linear(hidden, hidden)
        self.key = nn.Linear(hidden, hidden)
        self.value = nn.Linear(hidden, hidden)
        self.dropout = nn.Dropout(config.attention_probs_dropout_prob)

    def split_heads(
        self, states: Float[Tensor, "batch seq hidden"]
    ) -> Float[Tensor, "batch heads seq head_dim"]:
        """Cut each vector into one piece per head."""
        batch, seq, _ = states.shape
        return states.view(batch, seq, -1, self.head_dim).transpose(1, 2)

    def keys_and_values(self, source: Tensor, cache: KeyValueCache | None) -> tuple[Keys, Values]:
        """Compute, or find in the cache, what can be looked at."""
        if self.is_cross and cache is not None and self.layer in cache.encoder:
            return cache.encoder[self.layer]
        key = self.split_heads(self.key(source))
        value = self.split_heads(self.value(source))
        if cache is None:
            return key, value
        if self.is_cross:
            cache.encoder[self.layer] = key, value
            return key, value
        return cache.extend(self.layer, key, value)

    def forward(
        self,
        hidden_states: Float[Tensor, "batch seq hidden"],
        mask: Tensor | None,
        attention: Attention,
        encoder_hidden_states: Float[Tensor, "batch key encoder_hidden"] | None = None,
        cache: KeyValueCache | None = None,
    ) -> tuple[Float[Tensor, "batch seq hidden"], Float[Tensor, "batch heads seq key"] | None]:
        """Return the context, and the probabilities where the attention is eager."""
        query = self.split_heads(self.query(hidden_states))  # (batch, heads, seq, head_dim)
        source = hidden_states if encoder_hidden_states is None else encoder_hidden_states
        key, value = self.keys_and_values(source, cache)
        dropout = self.dropout.p if self.training else 0.0
        probabilities = None
        if attention == "eager":
            context, probabilities = eager_attention(query, key, value, mask, dropout)
        else:
            is_causal = self.is_causal and mask is None and query.size(2) > 1
            context = sdpa_attention(query, key, value, mask, dropout, is_causal)
        return context.transpose(1, 2).flatten(2), probabilities  # (batch, seq, hidden)


class BertAttention(nn.Module):
    """Attention and its output: the first half of a layer (paper: section 3, figure 1 left)."""

    def __init__(self, config: BertConfig, layer: int = 0, is_cross: bool = False) -> None:
        super().__init__()
        self.self = BertSelfAttention(config, layer, is_cross)
        self.output = BertOutput(config, config.hidden_size)

    def forward(
        self,
        hidden_states: Float[Tensor, "batch seq hidden"],
        mask: Tensor | None,
        attention: Attention,
        encoder_hidden_states: Tensor | None = None,
        cache: KeyValueCache | None = None,
    ) -> tuple[Float[Tensor, "batch seq hidden"], Tensor | None]:
        """Return the attended hidden states, and the probabilities where there are any."""
        context, probabilities = self.self(
            hidden_states, mask, attention, encoder_hidden_states, cache
        )
        return self.output(context, hidden_states), probabilities
