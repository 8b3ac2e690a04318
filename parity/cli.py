"""`parity`: the judge on the command line.

Exit codes: 0 parity, 1 diverges, 2 the candidate crashed, 3 not comparable, 4 usage, 5 nothing was
compared, 130 interrupted. Results, a crash's traceback among them, go to stdout, everything else
to stderr.
"""

import json
import sys
import traceback
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import torch
import typer
from rich.console import Console

from parity.check_command import check_command
from parity.command_options import (
    CheckpointOption,
    Dtype,
    Format,
    FormatOption,
    OutputOption,
    check_output,
    finish,
    rerun,
    resolve_checkpoint,
)
from parity.diff import DEFAULT_PAIRS, DEFAULT_TEXTS, Settings, describe, judge
from parity.environment import environment
from parity.init_command import init_command
from parity.recording_commands import compare_command, record_command
from parity.report.json import to_json
from parity.report.terminal import TerminalReport
from parity.tokenizer_command import tokenizer_command
from parity.verdict import EXIT_CODES, Report, Verdict
from scratch_bert.command_line import check_texts, run

app = typer.Typer(
    help="Is this BERT the same as HuggingFace's, and if not, where?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


class Attention(StrEnum):
    """Which attention both sides compute with."""

    EAGER = "eager"
    SDPA = "sdpa"


@app.callback()
def _parity() -> None:
    pass


@app.command(name="diff")
def diff_command(
    texts: Annotated[
        list[str] | None, typer.Argument(metavar="TEXT", help="What both models read.")
    ] = None,
    pair: Annotated[
        list[str] | None, typer.Option(help="A second sentence for each TEXT, in their order.")
    ] = None,
    checkpoint: CheckpointOption = "builtin:minilm",
    stage: Annotated[
        list[str] | None, typer.Option(help="Only stages like this pattern; may be repeated.")
    ] = None,
    attention: Annotated[
        Attention, typer.Option(help="eager shows scores; sdpa is faster and has none.")
    ] = Attention.EAGER,
    dtype: Annotated[Dtype | None, typer.Option(help="Default: the checkpoint's.")] = None,
    device: Annotated[str, typer.Option(help="cpu, cuda, …")] = "cpu",
    seed: Annotated[
        int, typer.Option(min=0, max=2**63 - 1, help="Seed for weights the checkpoint lacks.")
    ] = 0,
    form: FormatOption = Format.HUMAN,
    output: OutputOption = None,
) -> int:
    """Compare scratch_bert with HuggingFace, every tensor in the order of computation.

    Exit codes: 0 parity, 1 diverges, 2 the candidate crashed, 3 not comparable, 4 usage,
    5 nothing was compared.
    """
    check_output(output)
    check_texts(texts or DEFAULT_TEXTS, pair or ())
    try:
        torch.empty(0, device=device).tolist()
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise typer.BadParameter(str(error).splitlines()[0], param_hint="--device") from None
    folder = resolve_checkpoint(checkpoint)
    settings = Settings(
        texts=texts or DEFAULT_TEXTS,
        pairs=pair or (None if texts else DEFAULT_PAIRS),
        attention=attention,
        dtype=getattr(torch, dtype) if dtype else None,
        device=device,
        seed=seed,
        stages=stage or (),
    )
    return _report(folder, checkpoint, settings, form, output)


def _report(
    folder: Path,
    checkpoint: str,
    settings: Settings,
    form: Format,
    output: Path | None,
) -> int:
    terminal = TerminalReport(Console())
    report = Report(environment={**describe(folder, checkpoint, settings), "rerun": rerun()})
    if form is Format.HUMAN:
        terminal.header()
    for row in judge(report, folder, settings):
        if form is Format.HUMAN:
            terminal.row(row)
    if form is Format.JSON:
        print(to_json(report))
    else:
        terminal.summary(report)
    return finish(report, output)


@app.command(name="env")
def env_command(
    form: FormatOption = Format.HUMAN,
) -> int:
    """Print what a result depends on: versions, machine, threads."""
    facts = environment()
    if form is Format.JSON:
        print(json.dumps(facts, indent=2))
    else:
        for name, value in facts.items():
            print(f"{name:<13} {value}")
    return 0


app.command(name="check")(check_command)
app.command(name="init")(init_command)
app.command(name="record")(record_command)
app.command(name="compare")(compare_command)
app.command(name="tokenizer")(tokenizer_command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with the contract's code."""
    if arguments is not None:
        sys.argv[1:] = arguments  # which a report repeats
    try:
        run(app, "parity", arguments)
    except Exception:  # 1, Python's own code, would say "diverges"
        traceback.print_exc()
        raise SystemExit(EXIT_CODES[Verdict.NOT_COMPARABLE]) from None
