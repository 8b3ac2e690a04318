"""Small models for tests, and weights in which mistakes show."""

import json
import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from scratch_bert import BertConfig, BertTokenizer
from scratch_bert.model.interface.pretrained import BertPreTrainedModel
from scratch_bert.tokenization import TokenizerSettings
from scratch_bert.tokenization.files.checkpoint_folder import read_settings
from scratch_bert.weights.checkpoints import resolve
from scratch_bert.weights.files import read_weights

TINY = {
    "vocab_size": 97,
    "hidden_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "intermediate_size": 40,
    "max_position_embeddings": 32,
}


def adversarial_(model: torch.nn.Module, seed: int = 0) -> torch.nn.Module:
    """Give a model large weights, random biases and LayerNorm gains, so that mistakes show."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in sorted(model.named_parameters()):
            is_gain = name.endswith("LayerNorm.weight")
            numbers = torch.randn(parameter.shape, generator=generator) * 0.3 + is_gain
            parameter.copy_(numbers)
    return model


def cut(source: Path, into: Path, layers: int, words: int | None = None) -> Path:
    """Write a checkpoint's first layers and words, without its tokenizer, into an empty folder."""
    config = json.loads((source / "config.json").read_text())
    words = words or config["vocab_size"]
    config |= {"num_hidden_layers": layers, "vocab_size": words}
    (into / "config.json").write_text(json.dumps(config))
    later = re.compile(r"layer\.(\d+)\.")
    kept = {
        name: tensor[:words].contiguous() if "word_embeddings" in name else tensor
        for name, tensor in read_weights(source).items()
        if not ((found := later.search(name)) and int(found[1]) >= layers)
    }
    save_file(kept, into / "model.safetensors")
    return into


@cache
def some_words() -> TokenizerSettings:
    """A tokenizer with the first of bert-base-uncased: frequent words, and pieces of others."""
    settings = read_settings(resolve("builtin:adversarial"))
    words = {word: i for word, i in settings.vocabulary.items() if i < 4000}
    return replace(settings, vocabulary=words)


def saved(kind: type[BertPreTrainedModel], place: Path, **changes: Any) -> Path:
    """Write a tiny model of a kind, with `some_words`, into a folder."""
    tokenizer = BertTokenizer(some_words())
    model = kind(BertConfig(**TINY | {"vocab_size": len(tokenizer)} | changes))
    adversarial_(model)
    model.save_pretrained(place)
    tokenizer.save_pretrained(place)
    return place
