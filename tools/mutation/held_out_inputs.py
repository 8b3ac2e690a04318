"""Weights, sizes and batches that the judge does not see."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from parity.pretraining.inputs import drawn

POSITIONS, _VOCAB = 40, 120
_COMMON: dict[str, Any] = {
    "architectures": ["BertForPreTraining"],
    "model_type": "bert",
    "hidden_act": "gelu",
    "vocab_size": _VOCAB,
    "max_position_embeddings": POSITIONS,
    "type_vocab_size": 2,
    "pad_token_id": 0,
    "initializer_range": 0.02,
}
_SIZES = {
    "deeper": {"num_hidden_layers": 4, "num_attention_heads": 5, "hidden_size": 40},
    "as deep": {"num_hidden_layers": 3, "num_attention_heads": 2, "hidden_size": 36},
}
_RATES = {"hidden_dropout_prob": 0.25, "attention_probs_dropout_prob": 0.15}
EPS = {"own": 1e-5, "fixed": 1e-12}


def write_checkpoints(folder: Path) -> None:
    """Write the checkpoints into an empty folder."""
    for number, (name, sizes) in enumerate(_SIZES.items()):
        for kind, eps in EPS.items():
            place = folder / f"{name}, {kind}"
            place.mkdir(parents=True)
            config = {**_COMMON, **sizes, **_RATES, "intermediate_size": 56, "layer_norm_eps": eps}
            (place / "config.json").write_text(json.dumps(config), encoding="utf-8")
            weights = drawn(config, 100 + number, "BertForPreTraining")
            kept = {n: w.contiguous() for n, w in weights.items() if ".decoder." not in n}
            save_file(kept, place / "model.safetensors")


def batches() -> dict[str, dict[str, Tensor]]:
    """Draw batches that no probe has."""
    draw = torch.Generator().manual_seed(77)

    def ids(*shape: int) -> Tensor:
        return torch.randint(1, _VOCAB, shape, generator=draw)

    def some(*shape: int) -> Tensor:
        return torch.randint(0, 2, shape, generator=draw)

    lengths = torch.tensor([17, 5, 11])[:, None]
    right = (torch.arange(17) < lengths).long()
    holes = some(2, 13)
    holes[:, 0] = holes[:, -1] = 1
    positions = torch.stack([torch.randperm(POSITIONS, generator=draw)[:9] for _ in range(2)])
    zero = ids(2, 7)
    zero[:, 3] = 0
    return {
        "plain": {"input_ids": ids(2, 9)},
        "segments": {
            "input_ids": ids(3, 17),
            "attention_mask": right,
            "token_type_ids": some(3, 17),
        },
        "left": {"input_ids": ids(3, 17), "attention_mask": right.flip(1)},
        "holes": {"input_ids": ids(2, 13), "attention_mask": holes},
        "positions": {"input_ids": ids(2, 9), "position_ids": positions},
        "longest": {"input_ids": ids(1, POSITIONS), "token_type_ids": some(1, POSITIONS)},
        "one": {"input_ids": ids(1, 1), "attention_mask": torch.ones(1, 1, dtype=torch.long)},
        "zero": {"input_ids": zero, "attention_mask": torch.ones(2, 7, dtype=torch.long)},
    }


def places(folder: Path, kind: str) -> Iterator[Path]:
    """Yield the folders of the checkpoints of one eps."""
    for name in _SIZES:
        yield folder / f"{name}, {kind}"
