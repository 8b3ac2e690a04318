"""Random checkpoints of odd sizes, and models of them that are made in parts."""

import json

import torch
from safetensors.torch import save_file

from parity import reference

SMALL = {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 4}
SIZES = {
    "12 layers": {"num_hidden_layers": 12, "num_attention_heads": 3},
    "24 layers": {"hidden_size": 16, "num_hidden_layers": 24, "num_attention_heads": 2},
    "1 layer": {"num_hidden_layers": 1},
    "1 head": {"hidden_size": 20, "num_attention_heads": 1},
    "a head_dim of 1": {"hidden_size": 6, "num_attention_heads": 6},
    "a width of 15": {"hidden_size": 15, "num_attention_heads": 5, "intermediate_size": 33},
    "9 words": {"vocab_size": 9},
    "1 segment": {"type_vocab_size": 1},
    "5 segments": {"type_vocab_size": 5},
    "16 positions": {"max_position_embeddings": 16},
    "3 positions": {"max_position_embeddings": 3},
    "no dropout": {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0},
    "two dropout rates": {"hidden_dropout_prob": 0.2, "attention_probs_dropout_prob": 0.3},
    "an eps of 1e-5": {"layer_norm_eps": 1e-5},
}
OF_EACH_SIZE = ["plain", "heads in a loop", "queries in chunks of five"]


def write(size, folder):
    """Write a random checkpoint into an empty folder."""
    config = {
        **reference.build("BertForPreTraining", SMALL | {"vocab_size": 9}).config.to_dict(),
        **{"vocab_size": 120, "max_position_embeddings": 40, "intermediate_size": 48},
        **(SMALL | SIZES[size]),
    }
    torch.manual_seed(0)
    model = reference.build("BertForPreTraining", config)
    for name, each in model.named_parameters():
        if name.endswith("bias"):
            torch.nn.init.normal_(each, std=0.1)
        elif "LayerNorm" in name:
            torch.nn.init.normal_(each, mean=1, std=0.1)
    state = {name: each for name, each in model.state_dict().items() if ".decoder." not in name}
    save_file(
        {name: each.contiguous() for name, each in state.items()}, folder / "model.safetensors"
    )
    text = json.dumps(config | {"architectures": ["BertForPreTraining"]})
    (folder / "config.json").write_text(text, encoding="utf-8")
    return folder
