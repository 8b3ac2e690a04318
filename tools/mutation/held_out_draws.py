"""What trainings draw and learn, number by number, where their checks count or allow for chance."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

from parity.finetuning import inputs as finetuning
from parity.pretraining import inputs
from parity.suite.training_runs import RowsDataset, as_built

_SIZES = {
    "hidden_size": 40,
    "num_hidden_layers": 2,
    "num_attention_heads": 5,
    "intermediate_size": 52,
    "max_position_embeddings": 20,
}
_RATES = {"learning_rate": 7e-4, "warmup": 1, "weight_decay": 0.05, "seed": 11}
_EPOCHS = {"epochs": 2, "batch_size": 3}


def draws(maker: Any) -> dict[str, Any]:
    """Return what a pretraining draws, of which its checks only count how often it is so.

    Args:
        maker: has `initial`, `mask` and `pairs`.
    """
    draw = torch.Generator().manual_seed(1)
    ids = torch.randint(0, 300, (40, 50), generator=draw)
    special = (ids < 20).long()
    sizes = {**_SIZES, "vocab_size": 50}
    documents = [
        [[1000 * d + 20 * s + i for i in range(1 + 7 * (d + s) % 19)] for s in range(2 + d % 11)]
        for d in range(25)
    ]
    found: dict[str, Any] = {}
    for seed in (21, 22, 23):
        masked = maker.mask(ids.clone(), special, vocab_size=300, mask_token_id=4, seed=seed)
        found |= {f"mask {seed} {name}": masked[name].tolist() for name in ("input_ids", "labels")}
        made = maker.pairs(documents, seq_length=23, seed=seed)
        found[f"pairs {seed}"] = [(list(a), list(b), int(c)) for a, b, c in made]
        weights = maker.initial(sizes, seed)
        found |= {f"initial {seed} {name}": each.tolist() for name, each in weights.items()}
    config = {**_SIZES, "vocab_size": 97, "max_position_embeddings": 16}
    begin = inputs.drawn(config, 3, "BertForPreTraining")
    taken = [[inputs.batch(40 + i, 4), inputs.batch(50 + i, 3)] for i in range(3)]
    rows = inputs.batch(60, 7)
    settings = {**_RATES, "max_grad_norm": 3.0}
    for name, given in (
        ("train", {"steps": taken, "settings": {**settings, "steps": 3}}),
        ("run", {"dataset": RowsDataset(rows), "settings": {**settings, **_EPOCHS}}),
    ):
        own = {each: tensor.clone() for each, tensor in begin.items()}
        model = as_built("", maker.build(dict(config), own), "float64")
        found |= _trained(name, model, getattr(maker, name)(model, **given))
    return found


def learned(maker: Any) -> dict[str, Any]:
    """Return what a fine-tuning makes of a few examples, with dropout."""
    found: dict[str, Any] = {}
    for task, kind in finetuning.ARCHITECTURES.items():
        config = finetuning.config_of(task, dropout=True)
        begin = inputs.drawn(config, 5, kind)
        model = as_built("", maker.build(task, dict(config), begin), "float64")
        dataset = RowsDataset(finetuning.batch(task, 70, 5, outside=False))
        settings = {**_RATES, "max_grad_norm": 3.0, "accumulation": 2, **_EPOCHS}
        found |= _trained(task, model, maker.run(task, model, dataset, settings))
    return found


def _trained(name: str, model: nn.Module, running: Iterator[Any]) -> dict[str, Any]:
    torch.manual_seed(1234)  # so that a training that sets no seed has one of its own
    for _ in running:
        pass
    return {f"{name} {each}": p.detach().clone() for each, p in model.named_parameters()}


def differing(ours: dict[str, Any], theirs: dict[str, Any]) -> str:
    """Return the first name whose values differ; "" if none do."""
    for name, right in theirs.items():
        mine = ours.get(name)
        if isinstance(right, torch.Tensor) and isinstance(mine, torch.Tensor):
            equal = torch.allclose(mine, right, rtol=1e-7, atol=1e-9)
        else:
            equal = mine == right
        if not equal:
            return name
    return ""
