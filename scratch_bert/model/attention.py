"""Attention: every token looks at every other and takes what it needs from each.

Read `eager_attention` first: it is the formula. `additive_mask` hides padding from it, and
`BertSelfAttention` runs it once per head. A `plan` brings what the formula needs besides the
states: the mask, which is the same in every layer, and what a plain BERT can do without, such as a
faster kernel or a decoder's cache; without these, its methods change nothing.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from scratch_bert.config import BertConfig
from scratch_bert.model.feed_forward import BertOutput
from scratch_bert.model.interface.attention_plan import AttentionPlan, Mask

States = Float[Tensor, "batch seq hidden"]
Needed = Float[Tensor, "batch chosen hidden"]  # all tokens; after the last layer, those asked for
Split = Float[Tensor, "batch heads seq head_dim"]
Queries = Float[Tensor, "batch heads query head_dim"]
Keys = Float[Tensor, "batch heads key head_dim"]
Probabilities = Float[Tensor, "batch heads query key"]


def eager_attention(
    query: Queries, key: Keys, value: Keys, mask: Mask, dropout: float
) -> tuple[Queries, Probabilities]:
    """softmax(Q Kᵀ / √head_dim + mask) V (Vaswani et al., 2017, equation 1).

    One query that fits the first of two keys better takes most from the first value:

    >>> query, keys = torch.tensor([[[[4.0]]]]), torch.tensor([[[[1.0], [0.0]]]])
    >>> values = torch.tensor([[[[10.0], [20.0]]]])
    >>> context, probabilities = eager_attention(query, keys, values, None, dropout=0.0)
    >>> probabilities.flatten(), context.flatten()  # 0.982 * 10 + 0.018 * 20
    (tensor([0.9820, 0.0180]), tensor([10.1799]))

    Args:
        query: what each token looks for.
        key: what each token is found by.
        value: what each token passes on.
        mask: see `additive_mask`; None hides nothing.
        dropout: share of the probabilities that are set to zero; 0 outside training.

    Returns:
        the context, which is the values mixed by the probabilities, and the probabilities.
    """
    # Score: how well each query fits each key, as their dot product. A sum of head_dim products of
    # random numbers is about √head_dim large. Undivided, such scores make the softmax pick almost a
    # single token, and its gradient vanish. HF multiplies by head_dim**-0.5; / √ may change a bit.
    scores = torch.matmul(query, key.transpose(2, 3)) * query.size(-1) ** -0.5
    if mask is not None:
        scores = scores + mask  # (batch, heads, query, key)
    # Normalize over the keys: each row becomes shares that sum to 1.
    probabilities = F.softmax(scores, dim=-1)  # (batch, heads, query, key)
    # The shares that dropout leaves are scaled up, so a row sums to 1 on average only.
    probabilities = F.dropout(probabilities, p=dropout)
    # Mix: each token gets the values of all tokens, in these shares.
    return torch.matmul(probabilities, value), probabilities  # (batch, heads, query, head_dim)


def additive_mask(
    attended: Bool[Tensor, "#batch 1 #query key"], dtype: torch.dtype
) -> Float[Tensor, "#batch 1 #query key"]:
    """Turn "may be attended to" into what is added to the scores.

    `attended` is the tokenizer's attention_mask, (batch, seq), as bool, with `[:, None, None]`
    (interface/forward_plan.py): in all heads, all queries of a text see the same keys. Only keys
    are hidden. Padding still attends, as a query, but no other token can read what it gets.

    >>> additive_mask(torch.tensor([[[[True, True, False]]]]), torch.float32)
    tensor([[[[ 0.0000e+00,  0.0000e+00, -3.4028e+38]]]])
    """
    # The softmax takes e to the power of each score: with the lowest number added, the result is 0,
    # and padding gets no share. The mask comes before the softmax, so the other shares still sum to
    # 1. With -inf, a row that may attend to nothing would become NaN; this way it attends to all
    # tokens alike.
    zero = torch.zeros((), dtype=dtype, device=attended.device)
    return torch.where(attended, zero, torch.finfo(dtype).min)


class BertSelfAttention(nn.Module):
    """Attention in several heads (paper: section 3; Vaswani et al., 2017, section 3.2.2).

    One softmax gives each token one set of shares. For several, the queries, keys and values, each
    projected from whole vectors, are cut into `num_attention_heads` pieces, one for each head: one
    may look at the word before, say, another at the verb.
    """

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        hidden, heads = config.hidden_size, config.num_attention_heads
        if heads < 1 or hidden % heads != 0:
            raise ValueError(
                f"hidden_size {hidden} does not divide into num_attention_heads {heads}; "
                "each head takes an equal share of the vector"
            )
        self.head_dim = hidden // heads
        self.query = nn.Linear(hidden, hidden)
        self.key = nn.Linear(hidden, hidden)
        self.value = nn.Linear(hidden, hidden)
        self.dropout = nn.Dropout(config.attention_probs_dropout_prob)  # read in `attend`

    def forward(self, states: States, plan: AttentionPlan) -> States:
        """Return the context: for each token, what it takes from the others."""
        # Project each token three times: what it looks for (query), what it is found by (key), and
        # what it passes on (value). Then give each head its piece.
        query = self.split_heads(self.query(states))  # (batch, heads, seq, head_dim)
        key = self.split_heads(self.key(states))
        value = self.split_heads(self.value(states))
        return self.attend(query, *plan.with_cached(key, value), plan)

    def split_heads(self, states: States) -> Split:
        """Cut each vector into one piece per head."""
        batch, seq, hidden = states.shape
        # (batch, seq, heads, head_dim) → (batch, heads, seq, head_dim). A view straight to the
        # last shape would mix tokens with heads, without any error.
        return states.view(batch, seq, hidden // self.head_dim, self.head_dim).transpose(1, 2)

    def attend(self, query: Queries, key: Keys, value: Keys, plan: AttentionPlan) -> States:
        """Attend in every head, and join the heads again."""
        dropout = self.dropout.p if self.training else 0.0
        if plan.kernel is None:
            context, probabilities = eager_attention(query, key, value, plan.mask, dropout)
            plan.show(probabilities)
        else:  # the same formula, mask included: one call of torch ("sdpa"), or without padding
            context = plan.kernel(query, key, value, dropout=dropout)
        # `contiguous` as in HF: kernels differ in their results' order in memory.
        return context.transpose(1, 2).contiguous().flatten(2)  # (batch, seq, hidden)


class BertAttention(nn.Module):
    """Attention and its output: the first half of a layer (Vaswani et al., 2017, figure 1)."""

    def __init__(
        self, config: BertConfig, attention: type[BertSelfAttention] = BertSelfAttention
    ) -> None:
        super().__init__()
        self.self = attention(config)
        self.output = BertOutput(config, config.hidden_size)

    def forward(self, states: States, plan: AttentionPlan) -> Needed:
        """Return LayerNorm(states + what each token has taken from the others)."""
        context = self.self(states, plan)
        context, states = plan.only_needed(context, states)  # "packed", last layer: see `Needed`
        return self.output(context, states)  # projects once more, adds, normalizes (feed_forward)
