"""A public BERT as a candidate: models.py of github.com/dhlee347/pytorchic-bert, from a folder.

It is fetched for the run, and not kept here. Its eps is 1e-12, whatever a configuration says; it
has no pooler, no heads, and counts its own positions.
"""

from importlib import import_module
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from parity import Stage

_LAYER = "encoder.layer.{i}"
_PARTS = {
    "attn.proj_q": "attention.self.query",
    "attn.proj_k": "attention.self.key",
    "attn.proj_v": "attention.self.value",
    "proj": "attention.output.dense",
    "pwff.fc1": "intermediate.dense",
    "pwff.fc2": "output.dense",
}
_NORMS = {"norm1": "attention.output.LayerNorm", "norm2": "output.LayerNorm"}
_TABLES = {"tok_embed": "word", "pos_embed": "position", "seg_embed": "token_type"}


class Public:
    """Builds its Transformer."""

    stages: ClassVar = {
        **{f"embeddings.{theirs}_embeddings": f"embed.{ours}" for ours, theirs in _TABLES.items()},
        "embeddings.position_embeddings": Stage("embed.pos_embed", take=lambda rows: rows[:1]),
        "embeddings.sum": "embed.norm:in",
        "embeddings.LayerNorm": "embed.norm",
        "embeddings": "embed",
        **{f"{_LAYER}.{theirs}": f"blocks.{{i}}.{ours}" for ours, theirs in _PARTS.items()},
        **{f"{_LAYER}.{theirs}": f"blocks.{{i}}.{ours}" for ours, theirs in _NORMS.items()},
        f"{_LAYER}.attention.self.scores": "blocks.{i}.attn:scores",
        f"{_LAYER}.attention.self.probabilities": "blocks.{i}.attn:probabilities",
        f"{_LAYER}.attention.self": "blocks.{i}.attn",
        f"{_LAYER}.attention.output.sum": "blocks.{i}.norm1:in",
        f"{_LAYER}.intermediate": "blocks.{i}.pwff.fc2:in",
        f"{_LAYER}.output.sum": "blocks.{i}.norm2:in",
        _LAYER: "blocks.{i}",
    }
    unsupported: ClassVar = {"position_ids"}

    def build(self, config: dict[str, Any], weights: dict[str, Tensor]) -> nn.Module:
        """Build it around the weights."""
        models = import_module("models")
        sizes = models.Config(
            vocab_size=config["vocab_size"],
            dim=config["hidden_size"],
            n_layers=config["num_hidden_layers"],
            n_heads=config["num_attention_heads"],
            dim_ff=config["intermediate_size"],
            p_drop_hidden=config["hidden_dropout_prob"],
            p_drop_attn=config["attention_probs_dropout_prob"],
            max_len=config["max_position_embeddings"],
            n_segments=config["type_vocab_size"],
        )
        model = models.Transformer(sizes)
        model.load_state_dict(_renamed(config["num_hidden_layers"], weights))
        return model

    def forward(self, model: nn.Module, batch: Any) -> Tensor:
        """Run a batch."""
        ids = batch["input_ids"]
        kinds = batch["token_type_ids"] if "token_type_ids" in batch else torch.zeros_like(ids)
        mask = batch.get("attention_mask")
        made: Tensor = model(ids, kinds, mask)
        return made


def _renamed(layers: int, weights: dict[str, Tensor]) -> dict[str, Tensor]:
    found = {}
    for ours, theirs in _TABLES.items():
        found[f"embed.{ours}.weight"] = weights[f"embeddings.{theirs}_embeddings.weight"]
    norms = {"embed.norm": "embeddings.LayerNorm"}
    for i in range(layers):
        here = f"encoder.layer.{i}"
        norms |= {f"blocks.{i}.{ours}": f"{here}.{theirs}" for ours, theirs in _NORMS.items()}
        for ours, theirs in _PARTS.items():
            for kind in ("weight", "bias"):
                found[f"blocks.{i}.{ours}.{kind}"] = weights[f"{here}.{theirs}.{kind}"]
    for ours, theirs in norms.items():
        found[f"{ours}.gamma"] = weights[f"{theirs}.weight"]
        found[f"{ours}.beta"] = weights[f"{theirs}.bias"]
    return found
