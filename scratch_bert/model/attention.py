"""Attention: every token looks at every other and takes what it needs from each.

Read `eager_attention` first: it is the formula. "sdpa" is the same mathematics in one call of
torch, faster and without the probabilities; "packed" does it without padding.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Integer
from torch import Tensor, nn

from scratch_bert.config import BertConfig
from scratch_bert.model.feed_forward import BertOutput
from scratch_bert.model.packed.attention import packed_attention
from scratch_bert.model.packed.plan import AttentionPlan, Mask

States = Float[Tensor, "batch seq hidden"]
Left = Float[Tensor, "batch chosen hidden"]
Queries = Float[Tensor, "batch heads query head_dim"]
Keys = Float[Tensor, "batch heads key head_dim"]
Places = Integer[Tensor, " chosen"] | None
Probabilities = Float[Tensor, "batch heads query key"]


def eager_attention(
    query: Queries, key: Keys, value: Keys, mask: Mask, dropout: float
) -> tuple[Queries, Probabilities]:
    """softmax(Q Kᵀ / √head_dim + mask) V (Vaswani et al., 2017, equation 1).

    Returns:
        the context, which is the values mixed by the probabilities, and the probabilities.
        `dropout` sets some of these to zero in training; outside it is 0.
    """
    # Without the scale, sums over more dimensions would be larger and the softmax ever harder.
    # d**-0.5 times and divided by sqrt(d) differ in the last bit; HF multiplies.
    scores = torch.matmul(query, key.transpose(2, 3)) * query.size(-1) ** -0.5
    if mask is not None:
        scores = scores + mask  # (batch, heads, query, key)
    probabilities = F.softmax(scores, dim=-1)  # each row sums to 1
    probabilities = F.dropout(probabilities, p=dropout)
    return torch.matmul(probabilities, value), probabilities  # (batch, heads, query, head_dim)


class BertSelfAttention(nn.Module):
    """Project to queries, keys and values, split into heads, attend, join the heads again.

    Cross-attention (HF `BertCrossAttention`) is the same module with keys and values taken from an
    encoder's output instead of from the tokens themselves.
    """

    def __init__(self, config: BertConfig, layer: int = 0, is_cross: bool = False) -> None:
        super().__init__()
        hidden, heads = config.hidden_size, config.num_attention_heads
        if heads < 1 or hidden % heads != 0:
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

    def split_heads(self, states: States) -> Float[Tensor, "batch heads seq head_dim"]:
        """Cut each vector into one piece per head."""
        batch, seq, hidden = states.shape
        heads = hidden // self.head_dim
        return states.view(batch, seq, heads, self.head_dim).transpose(1, 2)

    def keys_and_values(self, states: States, plan: AttentionPlan) -> tuple[Keys, Keys]:
        """Compute, or find in the cache, what can be looked at."""
        seen = plan.cache.encoder if plan.cache and self.is_cross else {}
        if self.layer not in seen:
            source = plan.encoder_hidden_states if self.is_cross else states
            key, value = self.split_heads(self.key(source)), self.split_heads(self.value(source))
            if plan.cache and not self.is_cross:
                return plan.cache.extend(self.layer, key, value)
            if plan.cache:  # as in `KeyValueCache.extend`
                key, value = key.contiguous(), value.contiguous()
            seen[self.layer] = key, value
        return seen[self.layer]

    def forward(self, states: States, plan: AttentionPlan) -> tuple[States, Probabilities | None]:
        """Return the context, and the probabilities where they are asked for."""
        unpacks = plan.packing if self.is_cross else None  # an encoder's output is not packed
        states = unpacks.unpack(states) if unpacks else states
        query = self.split_heads(self.query(states))  # (batch, heads, seq, head_dim)
        key, value = self.keys_and_values(states, plan)
        mask = plan.encoder_mask if self.is_cross else plan.mask
        dropout = self.dropout.p if self.training else 0.0
        probabilities = None
        if plan.attention == "eager":
            context, probabilities = eager_attention(query, key, value, mask, dropout)
        elif plan.packing and not self.is_cross:
            context = packed_attention(query, key, value, plan.packing, dropout, self.is_causal)
        else:
            causal = self.is_causal and mask is None and query.size(2) > 1
            # torch's own scale, 1 / sqrt(d), is another float64 than HF's d**-0.5.
            context = F.scaled_dot_product_attention(
                query, key, value, mask, dropout, causal, scale=self.head_dim**-0.5
            )
        # A view with strides of its own would take another matrix kernel, with other last bits.
        context = context.transpose(1, 2).contiguous().flatten(2)  # (batch, seq, hidden)
        context = unpacks.pack(context) if unpacks else context
        return context, probabilities if plan.output_attentions else None


class BertAttention(nn.Module):
    """Attention and its output: the first half of a layer (Vaswani et al., 2017, figure 1)."""

    def __init__(self, config: BertConfig, layer: int = 0, is_cross: bool = False) -> None:
        super().__init__()
        self.self = BertSelfAttention(config, layer, is_cross)
        self.output = BertOutput(config, config.hidden_size)

    def forward(
        self, states: States, plan: AttentionPlan, only: Places = None
    ) -> tuple[Left, Probabilities | None]:
        """Return the attended states, of `only` some tokens if given, and the probabilities."""
        context, probabilities = self.self(states, plan)
        if only is not None:
            context, states = context.index_select(1, only), states.index_select(1, only)
        return self.output(context, states), probabilities
