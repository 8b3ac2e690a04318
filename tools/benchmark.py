"""How fast, beside the reference in the same run: load, forward, diff, tokenize.

Each measurement alternates the sides, so that a machine that slows down slows both. Medians and
their ratio are printed; quote the ratio.
"""

import gc
import json
import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from benchmark_tokenize import UDHR, Sides, corpora, show_tokenize, size
from rich.console import Console
from rich.table import Table

from parity import reference, scratch
from parity.diff import diff
from parity.diff_settings import Settings
from parity.environment import environment
from scratch_bert.checkpoints import resolve
from scratch_bert.files import replace
from scratch_bert.tokenization.tokenizer_files import read_settings

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False)

Checkpoint = Annotated[str, typer.Option(help="A folder, a hub id or a built-in checkpoint.")]
Runs = Annotated[int, typer.Option(min=1, help="Counted runs of each side.")]
Output = Annotated[Path | None, typer.Option("-o", help="Also write the result to FILE.json.")]


def alternate(
    sides: Mapping[str, Callable[[], object]],
    runs: int,
    before: Mapping[str, Callable[[], object]] | None = None,
) -> dict[str, list[float]]:
    """Run the sides in turn, once uncounted and then `runs` times; seconds of each.

    What a side needs `before` it runs is not in its time.
    """
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for run in range(runs + 1):
        for name, side in sides.items():
            if before and name in before:
                before[name]()
            gc.collect()  # so that no side pays for what the other left
            start = time.perf_counter()
            side()
            if run:
                seconds[name].append(time.perf_counter() - start)
    return seconds


def show(title: str, rows: dict[str, dict[str, list[float]]], output: Path | None) -> None:
    """Print a table, one measurement a line, and write it where asked."""
    table = Table("case", "ours, ms", "theirs, ms", "ratio", title=title)
    results = []
    for case, seconds in rows.items():
        medians = {side: statistics.median(times) for side, times in seconds.items()}
        ratio = medians["ours"] / medians["theirs"]
        cells = [
            f"{1e3 * m:.1f} ({1e3 * min(t):.1f} to {1e3 * max(t):.1f})"
            for m, t in zip(medians.values(), seconds.values(), strict=True)
        ]
        table.add_row(case, *cells, f"{ratio:.3f}")
        results.append({"case": case, "seconds": seconds, "medians": medians, "ratio": ratio})
    Console(width=100).print(table)
    write(title, results, output)


def write(title: str, results: list[dict[str, Any]], output: Path | None) -> None:
    """Print what the results depend on, and write both where asked."""
    facts = environment()
    print(", ".join(f"{name} {fact}" for name, fact in facts.items()))
    if output is not None:
        text = json.dumps({"benchmark": title, "results": results, "environment": facts}, indent=2)
        replace(output, lambda place: place.write_text(text + "\n", encoding="utf-8"))


@app.command()
def load(
    checkpoint: Checkpoint = "builtin:bert-base", runs: Runs = 9, output: Output = None
) -> None:
    """Load a checkpoint: `from_pretrained` of both, from the same folder."""
    folder = resolve(checkpoint)
    kind = scratch.architecture_of(folder)

    def ours() -> object:
        return scratch.load(kind, folder, dtype=None, device="cpu")

    def theirs() -> object:
        return reference.load(kind.name, folder, attention="sdpa", **kind.options)

    seconds = alternate({"ours": ours, "theirs": theirs}, runs)
    show("load", {checkpoint: seconds}, output)


@app.command()
def forward(
    checkpoint: Checkpoint = "builtin:bert-base",
    batch: Annotated[int, typer.Option(min=1, help="Sequences of a batch.")] = 8,
    length: Annotated[int, typer.Option(min=1, help="Tokens of a sequence.")] = 128,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    runs: Runs = 15,
    output: Output = None,
) -> None:
    """One forward pass without padding, eager and sdpa."""
    folder = resolve(checkpoint)
    kind = scratch.architecture_of(folder)
    ids = torch.randint(1000, 2000, (batch, length), device=device)
    inputs = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    wait = torch.cuda.synchronize if device.startswith("cuda") else lambda: None
    rows = {}
    for attention in ("eager", "sdpa"):
        our_model = scratch.load(kind, folder, dtype=None, device=device)
        their_model = reference.load(
            kind.name, folder, attention=attention, device=device, **kind.options
        )

        def ours(model=our_model, attention=attention) -> None:
            scratch.forward(model, inputs, attention)
            wait()

        def theirs(model=their_model) -> None:
            reference.forward(model, inputs)
            wait()

        with torch.inference_mode():
            case = f"{checkpoint}, {batch} x {length}, {attention}, {device}"
            rows[case] = alternate({"ours": ours, "theirs": theirs}, runs)
    show("forward", rows, output)


@app.command(name="diff")
def diff_command(
    checkpoint: Checkpoint = "builtin:bert-base",
    length: Annotated[int, typer.Option(min=3, help="Tokens of the text.")] = 128,
    runs: Runs = 5,
    output: Output = None,
) -> None:
    """`parity diff` (ours) beside two bare forward passes, one of each model (theirs)."""
    folder = resolve(checkpoint)
    kind = scratch.architecture_of(folder)
    settings = Settings(texts=[" ".join(["word"] * (length - 2))], pairs=None)
    ids = reference.encode(folder, settings.texts, None, length)
    batch = {name: torch.tensor(rows) for name, rows in ids.items()}

    def compared() -> None:
        for row in diff(folder, settings):
            if not row.passed:
                raise SystemExit(f"{row.name} differs")

    def bare() -> None:
        our_model = scratch.load(kind, folder, dtype=None, device="cpu")
        their_model = reference.load(kind.name, folder, attention="eager", **kind.options)
        start = time.perf_counter()
        with torch.no_grad():
            scratch.forward(our_model, batch, "eager")
            reference.forward(their_model, batch)
        bare_seconds.append(time.perf_counter() - start)

    bare_seconds: list[float] = []
    seconds = alternate({"ours": compared, "theirs": bare}, runs)
    show(
        "diff", {f"{checkpoint}, {length} tokens": {**seconds, "theirs": bare_seconds[1:]}}, output
    )


@app.command()
def tokenize(
    checkpoint: Checkpoint = "builtin:minilm", runs: Runs = 5, output: Output = None
) -> None:
    """Both tokenizers on the same texts: ids alone, and everything a call can return."""
    folder = resolve(checkpoint)
    settings, theirs = read_settings(folder), reference.tokenizer(folder)
    texts = corpora()
    if "multilingual" not in texts:
        print(f"multilingual is left out: {UDHR.name} is not there")
    measured = {}
    for corpus, batch in texts.items():
        sides = Sides(batch, settings, theirs)
        measured[corpus] = alternate(sides.timed, runs, sides.before)
    results = show_tokenize(measured, {corpus: size(batch) for corpus, batch in texts.items()})
    write("tokenize", results, output)


if __name__ == "__main__":
    app()
