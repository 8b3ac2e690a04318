"""BERTs whose weights lie in odd ways, each in the same small model; all of them correct."""

from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional as F

from tests.parity.strangers.plain_berts import attend, split


class Sizes(NamedTuple):
    vocab_size: int
    width: int
    n_layers: int
    n_heads: int
    ffn: int
    context: int = 80


def heads_first(parts):
    """Three of (batch, seq, heads, head_dim) → (batch, heads, seq, head_dim)."""
    return [part.transpose(1, 2) for part in parts]


class Interleaved(nn.Module):
    """One Linear that gives each head its query, its key and its value."""

    def __init__(self, sizes):
        super().__init__()
        self.n = sizes.n_heads
        self.qkv_proj = nn.Linear(sizes.width, 3 * sizes.width)
        self.o_proj = nn.Linear(sizes.width, sizes.width)

    def forward(self, x, hidden_keys):
        split = self.qkv_proj(x).unflatten(-1, (self.n, -1)).chunk(3, dim=-1)
        return self.o_proj(attend(*heads_first(split), hidden_keys))


class KeysFirst(Interleaved):
    """Fused in another order: key, query, value."""

    def forward(self, x, hidden_keys):
        k, q, v = (split(part, self.n) for part in self.qkv_proj(x).chunk(3, dim=-1))
        return self.o_proj(attend(q, k, v, hidden_keys))


class Conv1D(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(inputs, outputs))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x):
        return x @ self.weight + self.bias


class Gpt(nn.Module):
    """Fused and (in, out), as GPT-2's."""

    def __init__(self, sizes):
        super().__init__()
        self.n = sizes.n_heads
        self.c_attn = Conv1D(sizes.width, 3 * sizes.width)
        self.c_proj = Conv1D(sizes.width, sizes.width)

    def forward(self, x, hidden_keys):
        q, k, v = (split(part, self.n) for part in self.c_attn(x).chunk(3, dim=-1))
        return self.c_proj(attend(q, k, v, hidden_keys))


class FusedPair(nn.Module):
    """A query of its own; key and value in one Linear."""

    def __init__(self, sizes):
        super().__init__()
        self.n = sizes.n_heads
        self.to_q = nn.Linear(sizes.width, sizes.width)
        self.to_kv = nn.Linear(sizes.width, 2 * sizes.width)
        self.to_out = nn.Sequential(nn.Linear(sizes.width, sizes.width), nn.Identity())

    def forward(self, x, hidden_keys):
        q, k, v = (split(part, self.n) for part in (self.to_q(x), *self.to_kv(x).chunk(2, -1)))
        return self.to_out(attend(q, k, v, hidden_keys))


class Einsum(nn.Module):
    """Weights in three dimensions, and biases in two."""

    def __init__(self, sizes):
        super().__init__()
        n, width = sizes.n_heads, sizes.width
        for name in ("q", "k", "v"):
            setattr(self, f"W_{name}", nn.Parameter(torch.zeros(n, width, width // n)))
            setattr(self, f"b_{name}", nn.Parameter(torch.zeros(n, width // n)))
        self.W_o = nn.Parameter(torch.zeros(n, width // n, width))
        self.b_o = nn.Parameter(torch.zeros(width))

    def forward(self, x, hidden_keys):
        q, k, v = (
            torch.einsum("bsw,nwd->bnsd", x, weight) + bias[:, None]
            for weight, bias in ((self.W_q, self.b_q), (self.W_k, self.b_k), (self.W_v, self.b_v))
        )
        context = attend(q, k, v, hidden_keys).unflatten(-1, q.shape[1:2] + q.shape[-1:])
        return torch.einsum("bsnd,ndw->bsw", context, self.W_o) + self.b_o


class Piled(nn.Module):
    """Query, key and value as (3, in, out), a parameter beside its bias."""

    def __init__(self, sizes):
        super().__init__()
        self.n = sizes.n_heads
        self.w_in = nn.Parameter(torch.zeros(3, sizes.width, sizes.width))
        self.b_in = nn.Parameter(torch.zeros(3, sizes.width))
        self.out = nn.Linear(sizes.width, sizes.width)

    def forward(self, x, hidden_keys):
        q, k, v = (split(x @ self.w_in[j] + self.b_in[j], self.n) for j in range(3))
        return self.out(attend(q, k, v, hidden_keys))


class OddLayer(nn.Module):
    def __init__(self, attention, sizes):
        super().__init__()
        self.attention = attention(sizes)
        self.attention_norm = nn.LayerNorm(sizes.width, 1e-12)
        self.ff = nn.ModuleDict(
            {"up": nn.Linear(sizes.width, sizes.ffn), "down": nn.Linear(sizes.ffn, sizes.width)}
        )
        self.ff_norm = nn.LayerNorm(sizes.width, 1e-12)

    def forward(self, x, hidden_keys):
        x = self.attention_norm(x + self.attention(x, hidden_keys))
        return self.ff_norm(x + self.ff["down"](F.gelu(self.ff["up"](x))))


class Odd(nn.Module):
    def __init__(self, attention, sizes):
        super().__init__()
        self.embed = nn.Embedding(sizes.vocab_size, sizes.width)
        self.embed_position = nn.Embedding(sizes.context, sizes.width)
        self.embed_segment = nn.Embedding(2, sizes.width)
        self.embed_norm = nn.LayerNorm(sizes.width, 1e-12)
        self.layers = nn.ModuleList(OddLayer(attention, sizes) for _ in range(sizes.n_layers))

    def embedded(self, ids, segments):
        x = self.embed(ids) + self.embed_position(torch.arange(ids.shape[1]))
        return self.embed_norm(x + self.embed_segment(segments))

    def forward(self, input_ids, attention_mask, token_type_ids):
        x = self.embedded(input_ids, token_type_ids)
        for layer in self.layers:
            x = layer(x, attention_mask[:, None, None, :] == 0)
        return x


def maker(attention):
    def make(sizes: Sizes):
        return Odd(attention, sizes)

    return make


interleaved, keys_first, gpt, fused_pair, einsum, piled = map(
    maker, (Interleaved, KeysFirst, Gpt, FusedPair, Einsum, Piled)
)


class Lists(Odd):
    """No module is a layer: attentions in one list, the rest in others."""

    def __init__(self, sizes: Sizes):
        super().__init__(Interleaved, sizes)
        layers = [*self.layers]
        del self.layers
        self.attentions = nn.ModuleList(layer.attention for layer in layers)
        self.norms_1 = nn.ModuleList(layer.attention_norm for layer in layers)
        self.ups = nn.ModuleList(layer.ff["up"] for layer in layers)
        self.downs = nn.ModuleList(layer.ff["down"] for layer in layers)
        self.norms_2 = nn.ModuleList(layer.ff_norm for layer in layers)

    def forward(self, input_ids, attention_mask, token_type_ids):
        x, hidden_keys = (
            self.embedded(input_ids, token_type_ids),
            attention_mask[:, None, None] == 0,
        )
        for i, attention in enumerate(self.attentions):
            x = self.norms_1[i](x + attention(x, hidden_keys))
            x = self.norms_2[i](x + self.downs[i](F.gelu(self.ups[i](x))))
        return x


class SequenceFirst(Odd):
    """torch's layers, which are given (seq, batch, hidden)."""

    def __init__(self, sizes: Sizes):
        super().__init__(Gpt, sizes)
        layer = nn.TransformerEncoderLayer(
            sizes.width, sizes.n_heads, sizes.ffn, activation="gelu", layer_norm_eps=1e-12
        )
        self.layers = nn.TransformerEncoder(layer, sizes.n_layers, enable_nested_tensor=False)

    def forward(self, input_ids, attention_mask, token_type_ids):
        x = self.embedded(input_ids, token_type_ids).transpose(0, 1)
        return self.layers(x, src_key_padding_mask=attention_mask == 0)


class WithHeads(Odd):
    """Masked words, with the words' table again, and the next sentence."""

    def __init__(self, sizes: Sizes):
        super().__init__(KeysFirst, sizes)
        self.pool = nn.Linear(sizes.width, sizes.width)
        self.mlm_dense = nn.Linear(sizes.width, sizes.width)
        self.mlm_norm = nn.LayerNorm(sizes.width, 1e-12)
        self.mlm_out = nn.Linear(sizes.width, sizes.vocab_size)
        self.mlm_out.weight = self.embed.weight
        self.nsp = nn.Linear(sizes.width, 2)

    def forward(self, input_ids, attention_mask, token_type_ids):
        x = super().forward(input_ids, attention_mask, token_type_ids)
        words = self.mlm_out(self.mlm_norm(F.gelu(self.mlm_dense(x))))
        return {"lm": words, "nsp": self.nsp(self.pool(x[:, 0]).tanh())}
