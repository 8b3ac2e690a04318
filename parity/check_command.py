"""`parity check`: is this BERT HuggingFace's, on every probe and at every stage?"""

import shlex
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from parity.check import check
from parity.environment import environment
from parity.errors import CandidateCrashedError, CandidateError
from parity.report.check import CheckReport
from parity.report.json import to_json
from parity.verdict import EXIT_CODES, Report, Verdict
from parity.worker import probes_of
from scratch_bert.checkpoints import resolve
from scratch_bert.command_line import USAGE
from scratch_bert.errors import CheckpointError
from scratch_bert.files import replace

SCRATCH_BERT = "parity.scratch_candidate:ScratchBert"


class Format(StrEnum):
    """Who reads the result."""

    HUMAN = "human"
    JSON = "json"


def check_command(
    candidate: Annotated[
        str, typer.Argument(help="path/to/file.py:NAME or package.module:NAME, a class with build.")
    ] = SCRATCH_BERT,
    checkpoint: Annotated[
        str, typer.Option(help="A folder, a hub id, builtin:minilm, builtin:bert-base, …")
    ] = "builtin:adversarial",
    probe: Annotated[
        list[str] | None, typer.Option(help="Only this probe; may be repeated.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**63 - 1, help="Of the probes' ids.")] = 0,
    limit: Annotated[
        float, typer.Option(min=0.1, help="Seconds the candidate has for one probe.")
    ] = 60,
    form: Annotated[Format, typer.Option("--format", help="What to print.")] = Format.HUMAN,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Also write the report: FILE.json.")
    ] = None,
) -> int:
    """Compare a BERT with HuggingFace in double precision, each stage alone and all in a row.

    Exit codes: 0 parity, 1 diverges, 2 the candidate crashed, 3 not comparable, 4 usage,
    5 nothing was compared.
    """
    if output is not None and output.suffix != ".json":
        raise typer.BadParameter(f"{output}: a report is written to FILE.json", param_hint="-o")
    try:
        folder = resolve(checkpoint)
        known = [each.name for each in probes_of(folder, seed)]
    except (CheckpointError, OSError) as error:
        raise typer.BadParameter(str(error), param_hint="--checkpoint") from None
    if unknown := set(probe or ()) - {*known}:
        message = f"{', '.join(unknown)}: no such probe, expected some of {', '.join(known)}"
        raise typer.BadParameter(message, param_hint="--probe")

    facts = environment()
    report = Report(
        environment={
            "candidate": candidate,
            "checkpoint": checkpoint,
            "seed": seed,
            **{name: facts[name] for name in ("transformers", "torch", "python", "scratch_bert")},
            "rerun": shlex.join(["parity", *sys.argv[1:]]),
        }
    )
    shown = CheckReport(Console())
    if form is Format.HUMAN:
        shown.header()
    try:
        for row in check(candidate, folder, names=probe or (), seed=seed, limit=limit):
            report.rows.append(row)
            if form is Format.HUMAN:
                shown.row(row)
    except CandidateError as error:
        raise typer.BadParameter(str(error), param_hint="CANDIDATE") from None
    except CandidateCrashedError as error:
        report.failure, report.error = Verdict.CRASHED, str(error)
    if form is Format.JSON:
        print(to_json(report))
    else:
        shown.summary(report)
    if output is not None:
        text = to_json(report) + "\n"
        try:
            replace(output, lambda place: place.write_text(text, encoding="utf-8"))
        except OSError as error:
            print(f"{output}: cannot be written: {error.strerror}", file=sys.stderr)
            return USAGE
    return EXIT_CODES[report.verdict]
