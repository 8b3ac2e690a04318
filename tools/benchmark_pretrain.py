"""What `benchmark.py pretrain` measures: an optimiser step on a batch, beside the reference's."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from benchmark_forward import Case
from benchmark_timing import alternate, medians
from torch import Tensor, nn
from torch.optim import AdamW

from parity import reference
from scratch_bert import BertForPreTraining
from scratch_bert.config import BertConfig
from scratch_bert.pretraining.dynamic_masking import IGNORED
from scratch_bert.pretraining.optimizer import parameter_groups
from scratch_bert.pretraining.step import training_step

SIZES = {
    "num_hidden_layers": 4,
    "hidden_size": 512,
    "num_attention_heads": 8,
    "intermediate_size": 2048,
}
HIDDEN_WORDS = 0.15


def batch_for(case: Case, folder: Path, device: str) -> dict[str, Tensor]:
    """Draw a batch; only its lengths have a part in the time."""
    draw = torch.Generator().manual_seed(0)
    batch = case.batch(case.lengths(folder), "cpu")
    ids, mask = batch["input_ids"], batch["attention_mask"]
    hidden = (torch.rand(ids.shape, generator=draw) < HIDDEN_WORDS) & mask.bool()
    hidden[:, 1] = True
    batch["labels"] = ids.masked_fill(~hidden, IGNORED)
    batch["token_type_ids"] = torch.zeros_like(ids)
    batch["next_sentence_label"] = torch.randint(0, 2, (len(ids),), generator=draw)
    return {name: tensor.to(device) for name, tensor in batch.items()}


def our_step(device: str, batch: dict[str, Tensor], attention: str) -> Callable[[], object]:
    """Build our model; returns what does a step."""
    model = BertForPreTraining(BertConfig(**SIZES)).to(device)
    optimizer = AdamW(parameter_groups(model, 0.01), lr=1e-4)
    return partial(training_step, model, [batch], optimizer, attention=attention)


def their_step(device: str, batch: dict[str, Tensor]) -> Callable[[], object]:
    """Build the reference's, with sdpa; returns what does a step, in a plain loop."""
    config = BertConfig(**SIZES)
    model = reference.build("BertForPreTraining", vars(config) | SIZES, "sdpa").to(device).train()
    optimizer = AdamW(parameter_groups(model, 0.01), lr=1e-4)

    def step() -> None:
        model(**batch).loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()

    return step


def measure(folder: Path, cases: Sequence[Case], device: str, runs: int) -> list[dict[str, Any]]:
    """Time a step on every case: ours padded and packed, and theirs."""
    results = []
    for case in cases:
        batch = batch_for(case, folder, device)
        sides = {
            "ours, sdpa": our_step(device, batch, "sdpa"),
            "ours, packed": our_step(device, batch, "packed"),
            "theirs, sdpa": their_step(device, batch),
        }
        seconds = alternate(sides, runs, device=device)
        tokens = int(batch["attention_mask"].sum())
        results.append(
            {
                "rows": case.rows,
                "length": case.length,
                "tokens": tokens,
                "fill": tokens / (case.rows * case.length),
                "dtype": "float32",
                "seconds": seconds,
                "medians": medians(seconds),
            }
        )
    return results
