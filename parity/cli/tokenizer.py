"""`parity tokenizer`: is this tokenizer HuggingFace's, on every text and in every call?"""

import time
from functools import partial
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from parity.cli.options import FormatOption
from parity.core.environment import environment, rerun
from parity.core.verdict import Report
from parity.report.tokenizer import to_json, to_text
from parity.tokenizer.adversarial_texts import LAST
from parity.tokenizer.folders import CONFIGURATIONS
from parity.tokenizer.suite import Amounts, judge_in_process
from scratch_bert.cli.common import Format

SCRATCH_BERT = "parity.ours.tokenizer:ScratchTokenizer"


def tokenizer_command(
    candidate: Annotated[
        str, typer.Argument(help="path/to/file.py:NAME or package.module:NAME, a class with build.")
    ] = SCRATCH_BERT,
    strings: Annotated[int, typer.Option(min=0, help="How many random strings.")] = Amounts.strings,
    calls: Annotated[int, typer.Option(min=0, help="How many random calls.")] = Amounts.calls,
    scalars: Annotated[
        bool, typer.Option(help="Also every Unicode scalar value in contexts; half an hour.")
    ] = Amounts.scalars,
    files: Annotated[bool, typer.Option(help="Unusual files, and what is saved.")] = Amounts.files,
    text: Annotated[
        list[str] | None,
        typer.Option(help=r"Only this text, which may hold Python's escapes (\u200b); repeatable."),
    ] = None,
    seed: Annotated[
        int, typer.Option(min=0, help="Of the random strings and calls.")
    ] = Amounts.seed,
    form: FormatOption = Format.HUMAN,
) -> int:
    """Compare a tokenizer with HuggingFace: ids, offsets, calls, decoding, files."""
    amounts = Amounts(scalars, files, strings, calls, seed, [_unescaped(t) for t in text or ()])
    facts = environment()
    kept = ("transformers", "tokenizers", "python", "scratch_bert")
    known = {"candidate": candidate, **{name: facts[name] for name in kept}}
    report = Report(environment={**known, "seed": seed, "rerun": rerun()})
    begun = time.monotonic()
    total = 0 if amounts.texts else strings + calls + -(-calls // 5)
    if scalars:
        total += (LAST + 1 - 0x800) * len(CONFIGURATIONS)
    terminal = Console(stderr=True)
    progress = Progress(console=terminal, transient=True, disable=not terminal.is_terminal)
    with progress as bar, report.failing():
        task = bar.add_task("comparing", total=total)
        for outcome in judge_in_process(candidate, amounts, partial(bar.advance, task)):
            report.outcomes.append(outcome)
            if terminal.is_terminal:
                said = f"{outcome.check}, {outcome.configuration}: {outcome.status}"
                bar.console.print(said, highlight=False)
    report.environment["seconds"] = round(time.monotonic() - begun)
    print(to_json(report) if form is Format.JSON else to_text(report))
    return report.exit_code


def _unescaped(text: str) -> str:
    try:
        return text.encode("latin-1", "backslashreplace").decode("unicode_escape")
    except UnicodeDecodeError as error:
        raise typer.BadParameter(f"{text!r}: {error.reason}", param_hint="--text") from None
