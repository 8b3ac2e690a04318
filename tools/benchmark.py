"""How fast, beside the reference in the same run: load, forward, memory, pretrain, finetune, …

Each measurement alternates the sides, so that a machine that slows down slows both. Medians and
their ratio are printed; quote the ratio.
"""

import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import benchmark_corpus
import benchmark_embed
import benchmark_finetune
import benchmark_forward
import benchmark_pretrain
import torch
import typer
from benchmark_memory import peak
from benchmark_suite import run_suite
from benchmark_timing import alternate, medians, spread, write
from benchmark_tokenize import UDHR, Sides, corpora, show_tokenize, size
from rich.console import Console
from rich.table import Table

from parity import reference
from parity.model.diff import DiffSettings, diff
from parity.ours import checkpoint as scratch
from scratch_bert.tokenization.files.checkpoint_folder import read_settings
from scratch_bert.weights.checkpoints import Checkpoint, resolve

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False)

CheckpointOption = Annotated[str, typer.Option(help="A folder, a hub id or a built-in checkpoint.")]
Runs = Annotated[int, typer.Option(min=1, help="Counted runs of each side.")]
Output = Annotated[Path | None, typer.Option("-o", help="Also write the result to FILE.json.")]


Fill = Annotated[
    list[str] | None,
    typer.Option(
        help="The share of tokens, such as 0.5, the rest is padding; or text, real paragraphs "
        "cut to the length. Repeatable.",
        show_default="text and 1",
    ),
]
Device = Annotated[str, typer.Option(help="cpu or cuda.")]


class Attention(StrEnum):
    """Ours; packed is measured against the reference's sdpa."""

    EAGER = "eager"
    SDPA = "sdpa"
    PACKED = "packed"


class Dtype(StrEnum):
    """Of the weights of both sides."""

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"
    FLOAT64 = "float64"


Attentions = Annotated[
    list[Attention] | None,
    typer.Option(help="Ours; repeatable.", show_default="eager, sdpa and packed"),
]


def show(title: str, rows: dict[str, dict[str, list[float]]], output: Path | None) -> None:
    """Print a table, one measurement a line, and write it where asked."""
    table = Table("case", "ours, ms", "theirs, ms", "ratio", title=title)
    results = []
    for case, seconds in rows.items():
        middle = medians(seconds)
        ratio = middle["ours"] / middle["theirs"]
        table.add_row(case, spread(seconds["ours"]), spread(seconds["theirs"]), f"{ratio:.3f}")
        results.append({"case": case, "seconds": seconds, "medians": middle, "ratio": ratio})
    Console(width=100).print(table)
    write(title, results, output)


@app.command()
def load(
    checkpoint: CheckpointOption = "builtin:bert-base", runs: Runs = 9, output: Output = None
) -> None:
    """Load a checkpoint: `from_pretrained` of both, from the same folder."""
    found = Checkpoint.of(checkpoint)
    kind = scratch.architecture_of(found)

    def ours() -> object:
        return scratch.load(kind, found, dtype=None, device="cpu")

    def theirs() -> object:
        return reference.load(kind.name, found.folder, attention="sdpa", **kind.options)

    seconds = alternate({"ours": ours, "theirs": theirs}, runs)
    show("load", {checkpoint: seconds}, output)


@app.command()
def forward(
    checkpoint: CheckpointOption = "builtin:bert-base",
    batch: Annotated[int, typer.Option(min=1, help="Sequences of a batch.")] = 16,
    length: Annotated[
        list[int] | None,
        typer.Option(min=2, help="Tokens of a sequence; repeatable.", show_default="128"),
    ] = None,
    fill: Fill = None,
    attention: Attentions = None,
    dtype: Annotated[
        list[Dtype] | None, typer.Option(help="Repeatable.", show_default="float32")
    ] = None,
    device: Device = "cpu",
    runs: Runs = 7,
    output: Annotated[
        Path | None, typer.Option("-o", help="Also write FILE.json, or a plot, FILE.png.")
    ] = None,
) -> None:
    """A forward pass of the body: lengths x fill x dtype, attentions beside the reference's.

    The limit is the matrix multiplications alone that the tokens need, done in the same turn. From
    three numbers of tokens on a line is fitted through the times.
    """
    if output is not None and output.suffix not in (".json", ".png"):
        raise typer.BadParameter(f"{output}: expected FILE.json or FILE.png", param_hint="-o")
    cases = [
        benchmark_forward.Case(batch, each, _share(share), getattr(torch, kind))
        for kind in dtype or [Dtype.FLOAT32]
        for each in length or [128]
        for share in fill or ["text", "1"]
    ]
    attentions = attention or list(Attention)
    results = benchmark_forward.measure(resolve(checkpoint), cases, attentions, device, runs)
    title = f"forward, {checkpoint}, {device}"
    benchmark_forward.show(title, results)
    plotted = output is not None and output.suffix == ".png"
    write(title, results, None if plotted else output)
    if plotted:
        benchmark_forward.plot(title, results, output)


def _share(text: str) -> float | None:
    if text == "text":
        return None
    try:
        share = float(text)
    except ValueError:
        share = 0.0
    if not 0 < share <= 1:
        raise typer.BadParameter(f"{text!r}, expected 'text', or more than 0, at most 1")
    return share


@app.command()
def memory(
    checkpoint: CheckpointOption = "builtin:bert-base",
    batch: Annotated[int, typer.Option(min=1, help="Sequences of a batch.")] = 8,
    length: Annotated[int, typer.Option(min=8, help="Tokens of a sequence.")] = 512,
    attention: Attentions = None,
    runs: Runs = 3,
    output: Output = None,
) -> None:
    """What a forward pass needs beside the model, each side in a process of its own (Linux)."""
    folder = resolve(checkpoint)
    opponents = {each: benchmark_forward.THEIRS[each] for each in attention or Attention}
    pairs = [("ours", each) for each in opponents]
    pairs += [("theirs", each) for each in dict.fromkeys(opponents.values())]
    found: dict[tuple[str, str], list[float]] = {pair: [] for pair in pairs}
    for _ in range(runs):
        for side, each in pairs:
            found[side, each].append(peak(folder, side, each, batch, length))
    table = Table("attention", "ours, MB", "theirs, MB", "ratio", title=f"memory, {checkpoint}")
    results = []
    for each, opponent in opponents.items():
        ours, theirs = found["ours", each], found["theirs", opponent]
        middle = medians({"ours": ours, "theirs": theirs})
        ratio = middle["ours"] / middle["theirs"]
        numbers = (f"{middle[side]:.1f}" for side in ("ours", "theirs"))
        table.add_row(f"{each}, {batch} x {length}", *numbers, f"{ratio:.3f}")
        results.append({"attention": each, "megabytes": [ours, theirs], "ratio": ratio})
    Console(width=100).print(table)
    write("memory", results, output)


@app.command()
def pretrain(
    batch: Annotated[int, typer.Option(min=1, help="Sequences of a batch.")] = 16,
    length: Annotated[int, typer.Option(min=2, help="Tokens of a sequence.")] = 128,
    fill: Fill = None,
    attention: Attentions = None,
    layers: Annotated[int, typer.Option(min=1, help="Of the model.")] = 4,
    hidden: Annotated[int, typer.Option(min=64, help="Its width; heads have 64.")] = 512,
    device: Device = "cpu",
    runs: Runs = 7,
    output: Output = None,
) -> None:
    """An optimizer step of pretraining: time, and peak memory in all.

    Theirs is HuggingFace's BertForPreTraining in a plain loop; both have the Trainer's AdamW.
    """
    shares = [_share(each) for each in fill or ["text", "0.59", "1"]]
    cases = [benchmark_forward.Case(batch, length, share, torch.float32) for share in shares]
    attentions = attention or list(Attention)
    folder = resolve("builtin:minilm") if None in shares else Path()  # real text has its words
    results = benchmark_pretrain.measure(folder, cases, attentions, (layers, hidden), device, runs)
    benchmark_pretrain.show(f"pretrain, {device}", results)
    write("pretrain", results, output)


@app.command()
def finetune(
    checkpoint: CheckpointOption = "builtin:minilm",
    task: Annotated[
        list[str] | None,
        typer.Option(help="classify, tag or answer; repeatable.", show_default="all three"),
    ] = None,
    attention: Attentions = None,
    rows: Annotated[int | None, typer.Option(min=1, help="Of each example set; else all.")] = None,
    device: Device = "cpu",
    runs: Runs = 3,
    output: Output = None,
) -> None:
    """An epoch of fine-tuning on the example sets, beside the Trainer's (sdpa)."""
    tasks, attentions = task or ["classify", "tag", "answer"], attention or [Attention.PACKED]
    folder = resolve(checkpoint)
    results = benchmark_finetune.measure(folder, tasks, attentions, rows, device, runs)
    benchmark_finetune.show(f"finetune, {checkpoint}, {device}", results)
    write("finetune", results, output)


@app.command()
def corpus(
    size: Annotated[
        list[float] | None, typer.Option(help="Megabytes; repeatable.", show_default="1 and 10")
    ] = None,
    processes: Annotated[
        list[int] | None, typer.Option(min=1, help="Repeatable.", show_default="1 and 2")
    ] = None,
    output: Output = None,
) -> None:
    """A text of some size to learn from is prepared: its rate, and memory (Linux). No other side.

    Memory is that of the first process, and of the largest that works for it: its own, and with
    what is mapped of files.
    """
    results = [
        benchmark_corpus.measure(megabytes, number)
        for number in processes or [1, 2]
        for megabytes in size or [1, 10]
    ]
    table = Table("text, MB", "processes", "seconds", "MB/s", title="corpus")
    table.add_column("first, MB: own, all", justify="right")
    table.add_column("others", justify="right")
    for each in results:
        sides = ([f"{held:.0f}" for held in each[side].values()] for side in ("first", "others"))
        numbers = (f"{each[name]:.1f}" for name in ("seconds", "rate"))
        memory = (", ".join(side) for side in sides)
        table.add_row(f"{each['megabytes']:.1f}", str(each["processes"]), *numbers, *memory)
    Console(width=100).print(table)
    write("corpus", results, output)


@app.command()
def embed(
    checkpoint: CheckpointOption = "builtin:minilm",
    texts: Annotated[int, typer.Option(min=1, help="Sentences, 2000 at most.")] = 1000,
    attention: Attentions = None,
    device: Device = "cpu",
    runs: Runs = 5,
    output: Output = None,
) -> None:
    """A vector for each of many sentences, beside sentence-transformers with its defaults.

    Both read the same folder: its weights, mean pooling, vectors of length 1.
    """
    attentions = attention or [Attention.PACKED, Attention.SDPA]
    chosen = benchmark_embed.real_sentences(texts)
    result = benchmark_embed.measure(resolve(checkpoint), chosen, attentions, device, runs)
    benchmark_embed.show(f"embed, {checkpoint}, {device}", result)
    write("embed", [result], output)


@app.command()
def suite(
    workers: Annotated[str, typer.Option(help="pytest's -n.")] = "auto", output: Output = None
) -> None:
    """How long the tests take; which take longest. They have no other side."""
    wall, cores, tests = run_suite(workers)
    slowest = sorted(tests.items(), key=lambda each: -sum(each[1]))[:20]
    table = Table("test", "cases", "seconds", title=f"{wall:.0f} s, {cores:.0f} s of cores")
    for name, times in slowest:
        table.add_row(name, str(len(times)), f"{sum(times):.1f}")
    Console(width=120).print(table)
    write("suite", [{"wall": wall, "cores": cores, "tests": tests}], output)


@app.command(name="diff")
def diff_command(
    checkpoint: CheckpointOption = "builtin:bert-base",
    length: Annotated[int, typer.Option(min=3, help="Tokens of the text.")] = 128,
    runs: Runs = 5,
    output: Output = None,
) -> None:
    """`parity diff` (ours) beside two bare forward passes, one of each model (theirs)."""
    found = Checkpoint.of(checkpoint)
    kind = scratch.architecture_of(found)
    settings = DiffSettings(texts=[" ".join(["word"] * (length - 2))], pairs=None)
    ids = reference.encode(found.folder, settings.texts, None, length)
    batch = {name: torch.tensor(rows) for name, rows in ids.items()}

    def compared() -> None:
        for row in diff(found, settings):
            if not row.passed:
                raise SystemExit(f"{row.name} differs")

    def bare() -> None:
        our_model = scratch.load(kind, found, dtype=None, device="cpu")
        their_model = reference.load(kind.name, found.folder, attention="eager", **kind.options)
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
    checkpoint: CheckpointOption = "builtin:minilm", runs: Runs = 5, output: Output = None
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
