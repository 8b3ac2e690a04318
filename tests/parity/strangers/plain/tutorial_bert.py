"""A BERT as a tutorial writes it: everything by hand, one linear layer for query, key and value."""

import math
from typing import ClassVar

import torch
from torch import nn

from parity import Stage


class Norm(nn.Module):
    def __init__(self, width, eps):
        super().__init__()
        self.gain, self.shift = nn.Parameter(torch.ones(width)), nn.Parameter(torch.zeros(width))
        self.eps = eps

    def forward(self, x):
        mean = x.mean(-1, keepdim=True)
        variance = ((x - mean) ** 2).mean(-1, keepdim=True)
        return self.gain * (x - mean) / torch.sqrt(variance + self.eps) + self.shift


class Gelu(nn.Module):
    def forward(self, x):
        return 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))


class Embeddings(nn.Module):
    def __init__(self, config):
        super().__init__()
        hidden = config["hidden_size"]
        self.words = nn.Embedding(config["vocab_size"], hidden, padding_idx=0)
        self.positions = nn.Embedding(config["max_position_embeddings"], hidden)
        self.segments = nn.Embedding(config["type_vocab_size"], hidden)
        self.norm = Norm(hidden, config["layer_norm_eps"])
        self.drop = nn.Dropout(config["hidden_dropout_prob"])

    def forward(self, ids, segments, positions):
        if positions is None:
            positions = torch.arange(ids.shape[1], device=ids.device)[None]
        if segments is None:
            segments = torch.zeros_like(ids)
        x = self.words(ids) + self.segments(segments) + self.positions(positions)
        return self.drop(self.norm(x))


class Attention(nn.Module):
    def __init__(self, config):
        super().__init__()
        hidden, self.heads = config["hidden_size"], config["num_attention_heads"]
        self.width = hidden // self.heads
        self.qkv = nn.Linear(hidden, 3 * hidden)
        self.soft = nn.Softmax(dim=-1)
        self.drop = nn.Dropout(config["attention_probs_dropout_prob"])

    def cut(self, x):
        rows, tokens = x.shape[0], x.shape[1]
        return x.reshape(rows, tokens, self.heads, self.width).permute(0, 2, 1, 3)

    def forward(self, x, mask):
        rows, tokens, hidden = x.shape
        q, k, v = self.qkv(x).split(hidden, dim=2)
        q, k, v = self.cut(q), self.cut(k), self.cut(v)
        scores = q @ k.transpose(2, 3) / math.sqrt(self.width)
        if mask is not None:
            scores = scores.masked_fill(mask[:, None, None, :] == 0, torch.finfo(x.dtype).min)
        shares = self.drop(self.soft(scores))
        mixed = shares @ v
        return mixed.permute(0, 2, 1, 3).reshape(rows, tokens, hidden)


class Layer(nn.Module):
    def __init__(self, config):
        super().__init__()
        hidden, inner = config["hidden_size"], config["intermediate_size"]
        self.attention, self.project = Attention(config), nn.Linear(hidden, hidden)
        self.up, self.gelu, self.down = nn.Linear(hidden, inner), Gelu(), nn.Linear(inner, hidden)
        self.norm1, self.norm2 = (Norm(hidden, config["layer_norm_eps"]) for _ in range(2))
        self.drop = nn.Dropout(config["hidden_dropout_prob"])

    def forward(self, x, mask):
        attended = self.project(self.attention(x, mask))
        x = self.norm1(x + self.drop(attended))
        wide = self.gelu(self.up(x))
        return self.norm2(x + self.drop(self.down(wide)))


class WordHead(nn.Module):
    def __init__(self, config):
        super().__init__()
        hidden = config["hidden_size"]
        self.dense, self.gelu = nn.Linear(hidden, hidden), Gelu()
        self.norm = Norm(hidden, config["layer_norm_eps"])
        self.bias = nn.Parameter(torch.zeros(config["vocab_size"]))

    def transform(self, x):
        return self.norm(self.gelu(self.dense(x)))

    def forward(self, x, table):
        return self.transform(x) @ table.T + self.bias


class TutorialModel(nn.Module):
    def __init__(self, config):
        super().__init__()
        hidden = config["hidden_size"]
        self.embed = Embeddings(config)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config["num_hidden_layers"]))
        self.pool = nn.Linear(hidden, hidden)
        self.head = WordHead(config)
        self.follows = nn.Linear(hidden, 2)

    def forward(self, input_ids, attention_mask=None, token_type_ids=None, position_ids=None):
        x = self.embed(input_ids, token_type_ids, position_ids)
        for layer in self.layers:
            x = layer(x, attention_mask)
        pooled = torch.tanh(self.pool(x[:, 0]))
        return {
            "last_hidden_state": x,
            "pooler_output": pooled,
            "prediction_logits": self.head(x, self.embed.words.weight),
            "seq_relationship_logits": self.follows(pooled),
        }


def third(j):
    return lambda x: x.chunk(3, dim=-1)[j]


LAYER = "encoder.layer.{i}"
NORM = {"gain": "weight", "shift": "bias"}
PARTS = {"project": "attention.output.dense", "up": "intermediate.dense", "down": "output.dense"}
NORMS = {"norm1": "attention.output.LayerNorm", "norm2": "output.LayerNorm"}


class Tutorial:
    stages: ClassVar = {
        "embeddings.word_embeddings": "embed.words",
        "embeddings.token_type_embeddings": "embed.segments",
        "embeddings.position_embeddings": "embed.positions",
        "embeddings.sum": "embed.norm:in",
        "embeddings.LayerNorm": "embed.norm",
        "embeddings": "embed",
        f"{LAYER}.attention.self.query": Stage("layers.{i}.attention.qkv", take=third(0)),
        f"{LAYER}.attention.self.key": Stage("layers.{i}.attention.qkv", take=third(1)),
        f"{LAYER}.attention.self.value": Stage("layers.{i}.attention.qkv", take=third(2)),
        f"{LAYER}.attention.self.scores": "layers.{i}.attention.soft:in",
        f"{LAYER}.attention.self.probabilities": "layers.{i}.attention.soft",
        f"{LAYER}.attention.self": "layers.{i}.attention",
        f"{LAYER}.attention.output.dense": "layers.{i}.project",
        f"{LAYER}.attention.output.sum": "layers.{i}.norm1:in",
        f"{LAYER}.attention.output.LayerNorm": "layers.{i}.norm1",
        f"{LAYER}.intermediate.dense": "layers.{i}.up",
        f"{LAYER}.intermediate": "layers.{i}.gelu",
        f"{LAYER}.output.dense": "layers.{i}.down",
        f"{LAYER}.output.sum": "layers.{i}.norm2:in",
        f"{LAYER}.output.LayerNorm": "layers.{i}.norm2",
        LAYER: "layers.{i}",
        "pooler.dense": "pool",
        "cls.predictions.transform": "head.norm",
        "cls.predictions": "head",
        "cls.seq_relationship": "follows",
    }

    def build(self, config, weights):
        defaults = {"layer_norm_eps": 1e-12, "hidden_dropout_prob": 0.1}
        defaults["attention_probs_dropout_prob"] = 0.1
        model = TutorialModel({**defaults, **config})
        model.load_state_dict(dict(self.renamed(config, weights)))
        return model

    def renamed(self, config, weights):
        tables = {"words": "word", "positions": "position", "segments": "token_type"}
        for ours, theirs in tables.items():
            yield f"embed.{ours}.weight", weights[f"embeddings.{theirs}_embeddings.weight"]
        yield from self.norm(weights, "embed.norm", "embeddings.LayerNorm")
        for i in range(config["num_hidden_layers"]):
            here = f"encoder.layer.{i}"
            for kind in ("weight", "bias"):
                names = [f"{here}.attention.self.{n}.{kind}" for n in ("query", "key", "value")]
                yield f"layers.{i}.attention.qkv.{kind}", torch.cat([weights[n] for n in names])
                for ours, theirs in PARTS.items():
                    yield f"layers.{i}.{ours}.{kind}", weights[f"{here}.{theirs}.{kind}"]
            for ours, theirs in NORMS.items():
                yield from self.norm(weights, f"layers.{i}.{ours}", f"{here}.{theirs}")
        for kind in ("weight", "bias"):
            yield f"pool.{kind}", weights[f"pooler.dense.{kind}"]
            yield f"follows.{kind}", weights[f"cls.seq_relationship.{kind}"]
            yield f"head.dense.{kind}", weights[f"cls.predictions.transform.dense.{kind}"]
        yield from self.norm(weights, "head.norm", "cls.predictions.transform.LayerNorm")
        yield "head.bias", weights["cls.predictions.bias"]

    def norm(self, weights, ours, theirs):
        for name, kind in NORM.items():
            yield f"{ours}.{name}", weights[f"{theirs}.{kind}"]
