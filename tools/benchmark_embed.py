"""What `benchmark.py embed` measures: texts a second, beside sentence-transformers' defaults."""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from benchmark_timing import alternate, medians, spread
from rich.console import Console
from rich.table import Table
from sentence_transformers import SentenceTransformer

from parity import reference
from scratch_bert.inference import SentenceEmbeddings
from scratch_bert.pretraining.corpus.texts import builtin_texts, sentences


def real_sentences(number: int) -> list[str]:
    """Sentences of the prose that Python brings, short and long, in no order."""
    found = [sentence for text in builtin_texts() for sentence in sentences(text.text)]
    return random.Random(0).sample(found, min(number, len(found)))  # noqa: S311


def measure(
    folder: Path, texts: Sequence[str], attentions: Sequence[str], device: str, runs: int
) -> dict[str, Any]:
    """Time all sides on the same texts; the vectors must be the same.

    Returns:
        How many texts and tokens, the largest difference, and each side's seconds.
    """
    with reference.quiet():
        theirs = SentenceTransformer(str(folder), device=device)
    ours = {
        f"ours, {each}": SentenceEmbeddings(folder, attention=each, device=device)
        for each in attentions
    }
    expected = theirs.encode(texts, convert_to_tensor=True).cpu()
    apart = max((embed(texts) - expected).abs().max().item() for embed in ours.values())
    sides = {name: lambda embed=embed: embed(texts) for name, embed in ours.items()}
    sides["theirs"] = lambda: theirs.encode(texts)
    embed = next(iter(ours.values()))
    tokens = [len(row) for row in embed.runner.encode(texts, embed.max_length)]
    seconds = alternate(sides, runs)
    return {
        "texts": len(texts),
        "tokens": sum(tokens),
        "shortest": min(tokens),
        "longest": max(tokens),
        "difference": apart,
        "device": str(torch.device(device)),
        "seconds": seconds,
        "medians": medians(seconds),
    }


def show(title: str, result: dict[str, Any]) -> None:
    """Print a line for each attention."""
    about = "{texts} texts, {tokens} tokens, {shortest} to {longest} each".format(**result)
    table = Table("ours", title=f"{title}: {about}")
    for head in ("ours, ms", "theirs, ms", "texts/s", "theirs", "as fast"):
        table.add_column(head, justify="right")
    middle, seconds = result["medians"], result["seconds"]
    for side in (each for each in middle if each != "theirs"):
        rates = (f"{result['texts'] / middle[each]:.0f}" for each in (side, "theirs"))
        table.add_row(
            side.removeprefix("ours, "),
            spread(seconds[side]),
            spread(seconds["theirs"]),
            *rates,
            f"{middle['theirs'] / middle[side]:.2f} times",
        )
    console = Console(width=110)
    console.print(table)
    console.print(f"largest difference of two numbers: {result['difference']:.1e}")
