"""What `benchmark.py forward` measures: batches, sides, the machine's limit, a table and a plot."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from pydoc_data.topics import topics
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from benchmark_timing import alternate, medians, spread
from rich.console import Console
from rich.table import Table
from torch import Tensor

from parity import reference
from parity.ours import checkpoint as scratch
from scratch_bert.config import BertConfig
from scratch_bert.weights.checkpoints import Checkpoint

THEIRS = {"eager": "eager", "sdpa": "sdpa", "packed": "sdpa"}  # what ours is measured against


@dataclass(frozen=True)
class Case:
    """One batch.

    Attributes:
        rows: sequences.
        length: tokens of each, padding included.
        fill: the share that is tokens; None takes paragraphs of real text as long as they are.
        dtype: of the weights.
    """

    rows: int
    length: int
    fill: float | None
    dtype: torch.dtype

    def lengths(self, folder: Path) -> Tensor:
        """Tokens of each sequence, without padding."""
        if self.fill is None:
            rows = reference.encode(folder, _paragraphs(self.rows), None, self.length)
            return torch.tensor(rows["attention_mask"]).sum(1)
        spread = min(self.fill, 1 - self.fill)  # from the shortest to the longest evenly
        shares = torch.linspace(self.fill - spread, self.fill + spread, self.rows)
        return (shares * self.length).round().long().clamp(min=2)

    def batch(self, lengths: Tensor, device: str) -> dict[str, Tensor]:
        """Ids and mask; what the ids are has no part in the time."""
        draw = torch.Generator().manual_seed(0)
        mask = (torch.arange(self.length) < lengths[:, None]).long()
        ids = torch.randint(1000, 2000, mask.shape, generator=draw) * mask
        return {"input_ids": ids.to(device), "attention_mask": mask.to(device)}


def _paragraphs(number: int) -> list[str]:
    """Paragraphs of the standard library's documentation, of eight words or more."""
    found = [p for text in topics.values() for p in text.split("\n\n") if len(p.split()) >= 8]
    return random.Random(0).sample(found, number)  # noqa: S311


def limit(config: BertConfig, lengths: Sequence[int], like: Tensor) -> Callable[[], None]:
    """The matrix multiplications that these sequences cannot do without, and nothing else."""
    hidden, inner, heads = (
        config.hidden_size,
        config.intermediate_size,
        config.num_attention_heads,
    )
    shapes = [(hidden, hidden)] * 4 + [(hidden, inner), (inner, hidden)]
    inputs = {width: like.new_ones(sum(lengths), width) for width in (hidden, inner)}
    layer = [(like.new_ones(out, width), like.new_ones(out)) for width, out in shapes]
    queries = [like.new_ones(heads, n, hidden // heads) for n in lengths]
    scores = [like.new_ones(heads, n, n) for n in lengths]

    def run() -> None:
        for _ in range(config.num_hidden_layers):
            for (width, _), (weight, bias) in zip(shapes, layer, strict=True):
                F.linear(inputs[width], weight, bias)
            for query, score in zip(queries, scores, strict=True):
                torch.matmul(query, query.transpose(1, 2))
                torch.matmul(score, query)

    return run


def measure(
    folder: Path, cases: Sequence[Case], attentions: Sequence[str], device: str, runs: int
) -> list[dict[str, Any]]:
    """Time every case with every attention, beside the reference and the limit."""
    results = []
    for dtype in dict.fromkeys(case.dtype for case in cases):
        kind, checkpoint = scratch.Architecture("BertModel", {}), Checkpoint.of(folder)
        load = partial(reference.load, kind.name, folder, dtype=dtype, **kind.options)
        ours = scratch.load(kind, checkpoint, dtype=dtype, device=device)
        theirs = {
            each: load(attention=each, device=device)
            for each in dict.fromkeys(THEIRS[attention] for attention in attentions)
        }
        for case in (each for each in cases if each.dtype is dtype):
            lengths = case.lengths(folder)
            batch = case.batch(lengths, device)
            sides: dict[str, Callable[[], object]] = {
                f"ours, {each}": partial(scratch.forward, ours, batch, each) for each in attentions
            }
            sides |= {
                f"theirs, {name}": partial(reference.forward, model, batch)
                for name, model in theirs.items()
            }
            like = torch.empty(0, dtype=dtype, device=device)
            sides["limit"] = limit(checkpoint.config, lengths.tolist(), like)
            with torch.inference_mode():
                seconds = alternate(sides, runs, device=device)
            results.append(
                {
                    "rows": case.rows,
                    "length": case.length,
                    "tokens": int(lengths.sum()),
                    "fill": lengths.sum().item() / (case.rows * case.length),
                    "dtype": str(dtype).removeprefix("torch."),
                    "seconds": seconds,
                    "medians": medians(seconds),
                }
            )
    return results


def show(title: str, results: Sequence[dict[str, Any]]) -> None:
    """Print a line for each case and attention, and what a token costs."""
    table = Table("batch, tokens, dtype", "attention", title=title)
    for head in ("ours, ms", "theirs, ms", "ours / theirs", "ours / limit", "theirs / limit"):
        table.add_column(head, justify="right")
    for result in results:
        middle = result["medians"]
        for name in (each for each in middle if each.startswith("ours")):
            attention = name.removeprefix("ours, ")
            opponent = f"theirs, {THEIRS[attention]}"
            table.add_row(
                f"{result['rows']} x {result['length']}, {result['fill']:.0%}, {result['dtype']}",
                attention,
                spread(result["seconds"][name]),
                spread(result["seconds"][opponent]),
                f"{middle[name] / middle[opponent]:.3f}",
                f"{middle[name] / middle['limit']:.2f}",
                f"{middle[opponent] / middle['limit']:.2f}",
            )
    console = Console(width=150)
    console.print(table)
    for name, (slope, offset, share) in fits(results).items():
        console.print(
            f"{name}: {1e3 * slope:.3f} ms a token and {1e3 * offset:.0f} ms besides; "
            f"a line explains {share:.2%} of the differences"
        )


def fits(results: Sequence[dict[str, Any]]) -> dict[str, tuple[float, float, float]]:
    """Fit a line through times against tokens: slope, offset, share explained (R²).

    Not through theirs, which depend on padding, nor through those of several dtypes.
    """
    if len({result["dtype"] for result in results}) > 1:
        return {}
    tokens = np.array([result["tokens"] for result in results])
    if len(np.unique(tokens)) < 3:
        return {}
    found = {}
    for name in (each for each in results[0]["medians"] if not each.startswith("theirs")):
        times = np.array([result["medians"][name] for result in results])
        slope, offset = np.polyfit(tokens, times, 1)
        left = times - (slope * tokens + offset)
        found[name] = slope, offset, 1 - left.var() / times.var()
    return found


def plot(title: str, results: Sequence[dict[str, Any]], place: Path) -> None:
    """Draw time against tokens, a color for each side, a marker for each length."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    lengths = dict.fromkeys(result["length"] for result in results)
    lines = fits(results)
    for color, name in enumerate(results[0]["medians"]):
        for marker, length in zip("osD^vP*X", lengths, strict=False):
            chosen = [result for result in results if result["length"] == length]
            axes.scatter(
                [result["tokens"] for result in chosen],
                [result["medians"][name] for result in chosen],
                color=f"C{color}",
                marker=marker,
            )
        if name in lines:
            slope, offset, share = lines[name]
            ends = np.array([0, max(result["tokens"] for result in results)])
            label = f"{name}: R² {share:.4f}"
            axes.plot(ends, slope * ends + offset, color=f"C{color}", linewidth=1, label=label)
        else:
            axes.plot([], [], color=f"C{color}", label=name)
    for marker, length in zip("osD^vP*X", lengths, strict=False):
        axes.scatter([], [], color="gray", marker=marker, label=f"padded to {length}")
    axes.set(title=title, xlabel="tokens, padding not counted", ylabel="seconds, median")
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False)
    figure.savefig(place, dpi=120)
