"""`parity tokenizer`: is this tokenizer HuggingFace's, on every text and in every call?"""

import time
from functools import partial
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from parity.cli.options import FormatOption
from parity.core.environment import environment, rerun
from parity.core.errors import CandidateCrashedError, CandidateError
from parity.core.verdict import EXIT_CODES
from parity.report.tokenizer import TokenizerReport, to_json, to_text
from parity.tokenizer.adversarial_texts import LAST
from parity.tokenizer.folders import CONFIGURATIONS
from parity.tokenizer.outcome import Outcome
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
    """Compare a tokenizer with HuggingFace: ids, offsets, calls, decoding, files.

    Exit codes: 0 parity, 1 diverges, 2 the candidate crashed, 3 not comparable, 4 usage,
    5 nothing was compared.
    """
    amounts = Amounts(scalars, files, strings, calls, seed, [_unescaped(t) for t in text or ()])
    facts = environment()
    report = TokenizerReport(
        {
            "candidate": candidate,
            **{
                name: facts[name]
                for name in ("transformers", "tokenizers", "python", "scratch_bert")
            },
            "seed": seed,
            "rerun": rerun(),
        }
    )
    begun = time.monotonic()
    total = 0 if amounts.texts else strings + calls + -(-calls // 5)
    total += scalars * (LAST + 1 - 0x800) * len(CONFIGURATIONS)
    terminal = Console(stderr=True)
    with Progress(console=terminal, transient=True, disable=not terminal.is_terminal) as bar:
        task = bar.add_task("comparing", total=total)
        try:
            for outcome in judge_in_process(candidate, amounts, partial(bar.advance, task)):
                report.outcomes.append(outcome)
                if terminal.is_terminal:
                    bar.console.print(_line(outcome), highlight=False)
        except CandidateError as error:
            raise typer.BadParameter(str(error), param_hint="CANDIDATE") from None
        except CandidateCrashedError as error:
            report.error = str(error)
    report.environment["seconds"] = round(time.monotonic() - begun)
    print(to_json(report) if form is Format.JSON else to_text(report))
    return EXIT_CODES[report.verdict]


def _unescaped(text: str) -> str:
    try:
        return text.encode("latin-1", "backslashreplace").decode("unicode_escape")
    except UnicodeDecodeError as error:
        raise typer.BadParameter(f"{text!r}: {error.reason}", param_hint="--text") from None


def _line(outcome: Outcome) -> str:
    return f"{outcome.check}, {outcome.configuration}: {outcome.status}"
