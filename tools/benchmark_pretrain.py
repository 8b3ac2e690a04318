"""What `benchmark.py pretrain` measures: an optimizer step on a batch, beside the reference's.

Run as a program it is one side's memory, in a process of its own.
"""

import json
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from benchmark_forward import Case
from benchmark_memory import in_a_process, peak_of
from benchmark_timing import alternate, medians, spread
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn
from torch.optim import AdamW

from scratch_bert import BertForPreTraining
from scratch_bert.config import BertConfig
from scratch_bert.pretraining.objective import Pretraining
from scratch_bert.training.optimizer import parameter_groups
from scratch_bert.training.run.batches import IGNORED
from scratch_bert.training.step import training_step

HIDDEN_WORDS = 0.15
THEIRS = "theirs, sdpa"


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


def sizes(layers: int, hidden: int) -> dict[str, int]:
    """Say what a model is like, with heads of 64."""
    return {
        "num_hidden_layers": layers,
        "hidden_size": hidden,
        "num_attention_heads": hidden // 64,
        "intermediate_size": 4 * hidden,
    }


def step_of(
    side: str, config: dict[str, int], batch: dict[str, Tensor], device: str
) -> Callable[[], object]:
    """Build a side's model; returns what does a step. Theirs is a plain loop's."""
    whose, attention = side.split(", ")
    if whose == "ours":
        model: nn.Module = BertForPreTraining(BertConfig(**config))
    else:
        from parity import reference  # not where memory of ours is measured

        model = reference.build("BertForPreTraining", config, attention)
    model = model.to(device).train()
    optimizer = AdamW(parameter_groups(model, 0.01), lr=1e-4, fused=True)  # the Trainer's default
    if whose == "ours":
        return partial(training_step, model, [batch], optimizer, Pretraining(attention))

    def step() -> None:
        model(**batch).loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()

    return step


def measure(
    folder: Path,
    cases: Sequence[Case],
    attentions: Sequence[str],
    size: tuple[int, int],
    device: str,
    runs: int,
) -> list[dict[str, Any]]:
    """Time a step on every case, and see what it needs: model, optimizer and step.

    On a processor what it needs is Linux's account.
    """
    results = []
    names = [*(f"ours, {attention}" for attention in attentions), THEIRS]
    for case in cases:
        batch = batch_for(case, folder, device)
        sides = {side: step_of(side, sizes(*size), batch, device) for side in names}
        seconds = alternate(sides, runs, device=device)
        tokens = int(batch["attention_mask"].sum())
        share = "text" if case.fill is None else case.fill
        megabytes = {
            side: in_a_process(__file__, folder, side, device, case.rows, case.length, share, *size)
            for side in names
        }
        results.append(
            {
                "rows": case.rows,
                "length": case.length,
                "fill": tokens / (case.rows * case.length),
                "seconds": seconds,
                "medians": medians(seconds),
                "megabytes": megabytes,
            }
        )
    return results


def show(title: str, results: Sequence[dict[str, Any]]) -> None:
    """Print a line for each case and way."""
    table = Table("batch, tokens", "attention", title=title)
    for head in ("ours, ms", "theirs, ms", "ratio", "ours, MB", "theirs, MB", "ratio"):
        table.add_column(head, justify="right")
    for result in results:
        seconds, middle, held = (result[name] for name in ("seconds", "medians", "megabytes"))
        for ours in [name for name in seconds if name != THEIRS]:
            table.add_row(
                f"{result['rows']} x {result['length']}, {result['fill']:.0%}",
                ours.removeprefix("ours, "),
                spread(seconds[ours]),
                spread(seconds[THEIRS]),
                f"{middle[ours] / middle[THEIRS]:.3f}",
                f"{held[ours]:.0f}",
                f"{held[THEIRS]:.0f}",
                f"{held[ours] / held[THEIRS]:.3f}",
            )
    Console(width=130).print(table)


def _peak(
    folder: Path, side: str, device: str, rows: int, length: int, share: str, size: Sequence[int]
) -> float:
    case = Case(rows, length, None if share == "text" else float(share), torch.float32)
    batch = batch_for(case, folder, device)

    def two_steps() -> None:
        step = step_of(side, sizes(*size), batch, device)
        step()
        step()

    if not device.startswith("cuda"):
        return peak_of(two_steps)
    two_steps()
    return torch.cuda.max_memory_allocated(device) / 1e6


if __name__ == "__main__":
    place, side, device, rows, length, share, *size = sys.argv[1:]
    case = int(rows), int(length), share
    print(json.dumps(_peak(Path(place), side, device, *case, [int(each) for each in size])))
