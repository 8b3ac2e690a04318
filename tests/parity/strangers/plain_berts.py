"""BERTs of people who never heard of the judge: names, constructors and arguments of their own.

All of them are correct; `unfit_berts.py` has others that are not.
"""

import math
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F


def split(x, heads):
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)


def attend(q, k, v, hidden_keys, scale=None, drop=nn.Identity()):  # noqa: B008
    """hidden_keys: (batch, 1, 1, seq), True for padding."""
    scores = q @ k.transpose(-1, -2) * (q.shape[-1] ** -0.5 if scale is None else scale)
    scores = scores.masked_fill(hidden_keys, -1e30)
    return (drop(scores.softmax(-1)) @ v).transpose(1, 2).flatten(2)


# ---------------------------------------------------------------- names much like HuggingFace's


class PlainSelfAttention(nn.Module):
    def __init__(self, hidden_size, num_attention_heads):
        super().__init__()
        self.heads = num_attention_heads
        self.query = nn.Linear(hidden_size, hidden_size)
        self.key = nn.Linear(hidden_size, hidden_size)
        self.value = nn.Linear(hidden_size, hidden_size)
        self.dense = nn.Linear(hidden_size, hidden_size)

    def forward(self, x, mask):
        q, k, v = (split(part(x), self.heads) for part in (self.query, self.key, self.value))
        return self.dense(attend(q, k, v, mask[:, None, None, :] == 0))


class PlainLayer(nn.Module):
    def __init__(self, hidden_size, num_attention_heads, intermediate_size, eps):
        super().__init__()
        self.attention = PlainSelfAttention(hidden_size, num_attention_heads)
        self.attention_norm = nn.LayerNorm(hidden_size, eps=eps)
        self.intermediate = nn.Linear(hidden_size, intermediate_size)
        self.output = nn.Linear(intermediate_size, hidden_size)
        self.output_norm = nn.LayerNorm(hidden_size, eps=eps)

    def forward(self, x, mask):
        x = self.attention_norm(x + self.attention(x, mask))
        return self.output_norm(x + self.output(F.gelu(self.intermediate(x))))


class Plain(nn.Module):
    """Names and arguments close to HuggingFace's."""

    def __init__(
        self,
        vocab_size,
        hidden_size,
        num_hidden_layers,
        num_attention_heads,
        intermediate_size,
        max_position_embeddings=512,
        type_vocab_size=2,
        layer_norm_eps=1e-12,
    ):
        super().__init__()
        self.word_embeddings = nn.Embedding(vocab_size, hidden_size)
        self.position_embeddings = nn.Embedding(max_position_embeddings, hidden_size)
        self.token_type_embeddings = nn.Embedding(type_vocab_size, hidden_size)
        self.norm = nn.LayerNorm(hidden_size, eps=layer_norm_eps)
        self.layer = nn.ModuleList(
            PlainLayer(hidden_size, num_attention_heads, intermediate_size, layer_norm_eps)
            for _ in range(num_hidden_layers)
        )
        self.pooler = nn.Linear(hidden_size, hidden_size)

    def forward(self, input_ids, attention_mask=None, token_type_ids=None, position_ids=None):
        if attention_mask is None:
            attention_mask = torch.ones_like(input_ids)
        if token_type_ids is None:
            token_type_ids = torch.zeros_like(input_ids)
        if position_ids is None:
            position_ids = torch.arange(input_ids.shape[1])[None]
        x = self.norm(
            self.word_embeddings(input_ids)
            + self.position_embeddings(position_ids)
            + self.token_type_embeddings(token_type_ids)
        )
        for layer in self.layer:
            x = layer(x, attention_mask)
        return x, self.pooler(x[:, 0]).tanh()


# ---------------------------------------------------------------- a tutorial's


class Attn(nn.Module):
    def __init__(self, d_model, n_heads, dropout=0.1):
        super().__init__()
        self.n_heads = n_heads
        self.wq, self.wk, self.wv, self.wo = (nn.Linear(d_model, d_model) for _ in range(4))
        self.drop = nn.Dropout(dropout)

    def forward(self, x, mask):
        q, k, v = (split(part(x), self.n_heads) for part in (self.wq, self.wk, self.wv))
        return self.wo(attend(q, k, v, ~mask[:, None, None, :], drop=self.drop))


class Block(nn.Module):
    def __init__(self, d_model, n_heads, d_ff, dropout, eps=1e-12):
        super().__init__()
        self.ln1, self.ln2 = nn.LayerNorm(d_model, eps), nn.LayerNorm(d_model, eps)
        self.attn = Attn(d_model, n_heads, dropout)
        self.fc1, self.fc2 = nn.Linear(d_model, d_ff), nn.Linear(d_ff, d_model)
        self.drop = nn.Dropout(dropout)

    def forward(self, x, mask):
        x = self.ln1(x + self.drop(self.attn(x, mask)))
        return self.ln2(x + self.drop(self.fc2(F.gelu(self.fc1(x)))))


class Tutorial(nn.Module):
    """A boolean mask, True for tokens; segments before it; positions as a bare parameter."""

    def __init__(self, n_vocab, d_model, n_layers, n_heads, d_ff, max_len, n_segments, dropout=0.0):
        super().__init__()
        self.token_emb = nn.Embedding(n_vocab, d_model)
        self.segment_emb = nn.Embedding(n_segments, d_model)
        self.pos_emb = nn.Parameter(torch.zeros(1, max_len, d_model))
        self.emb_ln = nn.LayerNorm(d_model, 1e-12)
        self.drop = nn.Dropout(dropout)
        self.blocks = nn.ModuleList(Block(d_model, n_heads, d_ff, dropout) for _ in range(n_layers))
        self.pooling = nn.Sequential(nn.Linear(d_model, d_model), nn.Tanh())

    def forward(self, tokens, segments, mask):
        if mask.dtype is not torch.bool:
            raise TypeError("the mask must be boolean")
        x = self.token_emb(tokens) + self.segment_emb(segments) + self.pos_emb[:, : tokens.shape[1]]
        x = self.drop(self.emb_ln(x))
        for block in self.blocks:
            x = block(x, mask)
        return {"hidden": x, "pooled": self.pooling(x[:, 0])}


# ---------------------------------------------------------------- a dataclass, and fused weights


@dataclass
class FusedConfig:
    vocab: int
    dim: int = 256
    depth: int = 4
    heads: int = 8
    ff_dim: int = 1024
    max_seq_len: int = 128
    eps: float = 1e-5


class FusedAttention(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.heads = cfg.heads
        self.qkv = nn.Linear(cfg.dim, 3 * cfg.dim)
        self.proj = nn.Linear(cfg.dim, cfg.dim)

    def forward(self, x, hidden_keys):
        q, k, v = (split(part, self.heads) for part in self.qkv(x).chunk(3, dim=-1))
        return self.proj(attend(q, k, v, hidden_keys))


class FusedLayer(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.attn = FusedAttention(cfg)
        self.norm1 = nn.LayerNorm(cfg.dim, cfg.eps)
        self.mlp = nn.Sequential(
            nn.Linear(cfg.dim, cfg.ff_dim), nn.GELU(), nn.Linear(cfg.ff_dim, cfg.dim)
        )
        self.norm2 = nn.LayerNorm(cfg.dim, cfg.eps)

    def forward(self, x, hidden_keys):
        x = self.norm1(x + self.attn(x, hidden_keys))
        return self.norm2(x + self.mlp(x))


class Fused(nn.Module):
    """A configuration of one's own; query, key and value in one Linear; the mask's name is odd."""

    def __init__(self, cfg: FusedConfig):
        super().__init__()
        self.wte = nn.Embedding(cfg.vocab, cfg.dim)
        self.wpe = nn.Embedding(cfg.max_seq_len, cfg.dim)
        self.seg = nn.Embedding(2, cfg.dim)
        self.ln = nn.LayerNorm(cfg.dim, cfg.eps)
        self.h = nn.ModuleList(FusedLayer(cfg) for _ in range(cfg.depth))

    def forward(self, idx, visible, seg_ids):
        x = self.wte(idx) + self.wpe(torch.arange(idx.shape[1])) + self.seg(seg_ids)
        x = self.ln(x)
        for layer in self.h:
            x = layer(x, visible[:, None, None, :] == 0)
        return x


# ---------------------------------------------------------------- torch's own layers


class Torchy(nn.Module):
    """nn.TransformerEncoderLayer; its mask is True for padding."""

    def __init__(self, vocab_size, embed_dim, num_layers, num_heads, ffn_dim, max_seq_len=512):
        super().__init__()
        self.tokens = nn.Embedding(vocab_size, embed_dim)
        self.positions = nn.Embedding(max_seq_len, embed_dim)
        self.segments = nn.Embedding(2, embed_dim)
        self.norm = nn.LayerNorm(embed_dim, eps=1e-12)
        layer = nn.TransformerEncoderLayer(
            embed_dim,
            num_heads,
            ffn_dim,
            activation="gelu",
            layer_norm_eps=1e-12,
            batch_first=True,
            norm_first=False,
        )
        self.encoder = nn.TransformerEncoder(layer, num_layers, enable_nested_tensor=False)

    def forward(self, ids, segment_ids, key_padding_mask=None):
        places = torch.arange(ids.shape[1]).expand_as(ids)
        x = self.tokens(ids) + self.positions(places) + self.segments(segment_ids)
        return self.encoder(self.norm(x), src_key_padding_mask=key_padding_mask)


# ---------------------------------------------------------------- x @ W


class Turned(nn.Module):
    """y = x W + b, with W as (in, out)."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.W, self.b = (
            nn.Parameter(torch.zeros(inputs, outputs)),
            nn.Parameter(torch.ones(outputs)),
        )

    def forward(self, x):
        return x @ self.W + self.b


class Norm(nn.Module):
    def __init__(self, width, eps=1e-12):
        super().__init__()
        self.gamma, self.beta = nn.Parameter(torch.ones(width)), nn.Parameter(torch.zeros(width))
        self.eps = eps

    def forward(self, x):
        return F.layer_norm(x, x.shape[-1:], self.gamma, self.beta, self.eps)


class TurnedLayer(nn.Module):
    def __init__(self, dim, heads, hidden):
        super().__init__()
        self.heads = heads
        self.to_q, self.to_k, self.to_v, self.to_out = (Turned(dim, dim) for _ in range(4))
        self.attn_ln, self.ff_ln = Norm(dim), Norm(dim)
        self.up, self.down = Turned(dim, hidden), Turned(hidden, dim)

    def forward(self, x, bias):
        q, k, v = (split(part(x), self.heads) for part in (self.to_q, self.to_k, self.to_v))
        scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1]) + bias
        context = (scores.softmax(-1) @ v).transpose(1, 2).flatten(2)
        x = self.attn_ln(x + self.to_out(context))
        return self.ff_ln(x + self.down(F.gelu(self.up(x))))


class Transposed(nn.Module):
    """Weights the other way round, and a mask that is added to the scores; a namespace's names."""

    def __init__(self, config):
        super().__init__()
        self.words = nn.Parameter(torch.zeros(config.vocab_size, config.n_embd))
        self.places = nn.Parameter(torch.zeros(config.context_length, config.n_embd))
        self.kinds = nn.Parameter(torch.zeros(2, config.n_embd))
        self.ln = Norm(config.n_embd)
        self.layers = nn.ModuleList(
            TurnedLayer(config.n_embd, config.n_head, getattr(config, "n_inner", 112))
            for _ in range(config.n_layer)
        )
        self.pool = Turned(config.n_embd, config.n_embd)

    def forward(self, input_ids, token_type_ids=None, attention_mask=None):
        length = input_ids.shape[1]
        if length > self.places.shape[0]:
            raise ValueError(f"{length} tokens")
        kinds = torch.zeros_like(input_ids) if token_type_ids is None else token_type_ids
        x = self.ln(self.words[input_ids] + self.places[:length] + self.kinds[kinds])
        bias = 0.0 if attention_mask is None else attention_mask
        for layer in self.layers:
            x = layer(x, bias)
        return x, [x], torch.tanh(self.pool(x[:, 0]))


# ---------------------------------------------------------------- one small Linear for each head


class OneHead(nn.Module):
    def __init__(self, d_model, d_head):
        super().__init__()
        self.q, self.k, self.v = (nn.Linear(d_model, d_head) for _ in range(3))

    def forward(self, x, hidden_keys):
        scores = self.q(x) @ self.k(x).transpose(-1, -2) / math.sqrt(self.q.out_features)
        return scores.masked_fill(hidden_keys, -torch.inf).softmax(-1) @ self.v(x)


class HeadsLayer(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        dim, n = cfg["hidden_dim"], cfg["num_heads"]
        self.heads = nn.ModuleList(OneHead(dim, dim // n) for _ in range(n))
        self.out = nn.Linear(dim, dim)
        self.layer_norm_1 = nn.LayerNorm(dim, eps=1e-12)
        self.linear_1 = nn.Linear(dim, cfg["intermediate"])
        self.linear_2 = nn.Linear(cfg["intermediate"], dim)
        self.layer_norm_2 = nn.LayerNorm(dim, eps=1e-12)

    def forward(self, x, hidden_keys):
        attended = torch.cat([head(x, hidden_keys) for head in self.heads], dim=-1)
        x = self.layer_norm_1(x + self.out(attended))
        return self.layer_norm_2(x + self.linear_2(F.gelu(self.linear_1(x))))


class PerHead(nn.Module):
    """A list of heads; a dictionary of settings under names of one's own."""

    def __init__(self, cfg):
        super().__init__()
        self.tok = nn.Embedding(cfg["vocab_size"], cfg["hidden_dim"])
        self.pos = nn.Embedding(cfg["max_len"], cfg["hidden_dim"])
        self.typ = nn.Embedding(2, cfg["hidden_dim"])
        self.emb_norm = nn.LayerNorm(cfg["hidden_dim"], eps=1e-12)
        self.layers = nn.ModuleList(HeadsLayer(cfg) for _ in range(cfg["n_layers"]))

    def forward(self, x, mask=None, types=None):
        types = torch.zeros_like(x) if types is None else types
        hidden_keys = torch.zeros_like(x)[:, None] > 0 if mask is None else mask[:, None] == 0
        x = self.tok(x) + self.pos(torch.arange(x.shape[1])) + self.typ(types)
        x = self.emb_norm(x)
        for layer in self.layers:
            x = layer(x, hidden_keys)
        return x


# ---------------------------------------------------------------- names that say nothing


class Letters(nn.Module):
    """Defined in no helpful order: value, output, key, query; the second norm first."""

    def __init__(self, dim, heads, inner):
        super().__init__()
        self.n = heads
        self.a, self.b, self.c, self.d = (nn.Linear(dim, dim) for _ in range(4))
        self.e, self.f = nn.LayerNorm(dim, 1e-12), nn.LayerNorm(dim, 1e-12)
        self.g, self.z = nn.Linear(dim, inner), nn.Linear(inner, dim)

    def forward(self, x, m):
        q, k, v = split(self.d(x), self.n), split(self.c(x), self.n), split(self.a(x), self.n)
        x = self.f(x + self.b(attend(q, k, v, m)))
        return self.e(x + self.z(F.gelu(self.g(x))))


class Meaningless(nn.Module):
    """What is what only the numbers say; nor do the names of forward's arguments."""

    def __init__(self, vocab_size, dim, depth, heads, mlp_dim, max_len):
        super().__init__()
        self.r = nn.Embedding(2, dim)
        self.s = nn.Embedding(max_len, dim)
        self.t = nn.Embedding(vocab_size, dim)
        self.u = nn.LayerNorm(dim, 1e-12)
        self.w = nn.Sequential(*(Letters(dim, heads, mlp_dim) for _ in range(depth)))
        self.y = nn.Linear(dim, dim)

    def forward(self, aa, bb, cc):
        x = self.t(bb) + self.r(aa) + self.s(torch.arange(bb.shape[1]))[None]
        x = self.u(x)
        for block in self.w:
            x = block(x, cc[:, None, None, :] == 0)
        return x, self.y(x[:, 0]).tanh()
