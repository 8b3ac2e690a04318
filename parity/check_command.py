"""`parity check`: is this BERT HuggingFace's, on every probe and at every stage?"""

from typing import Annotated

import typer
from rich.console import Console

from parity.check import check
from parity.command_options import (
    Format,
    FormatOption,
    OutputOption,
    check_output,
    finish,
    rerun,
)
from parity.environment import environment
from parity.errors import CandidateCrashedError, CandidateError
from parity.report.check import CheckReport
from parity.report.json import to_json
from parity.verdict import Report, Verdict
from parity.worker import probes_of
from scratch_bert.checkpoints import resolve
from scratch_bert.errors import CheckpointError

SCRATCH_BERT = "parity.scratch_candidate:ScratchBert"


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
    form: FormatOption = Format.HUMAN,
    output: OutputOption = None,
) -> int:
    """Compare a BERT with HuggingFace in double precision, each stage alone and all in a row.

    Exit codes: 0 parity, 1 diverges, 2 the candidate crashed, 3 not comparable, 4 usage,
    5 nothing was compared.
    """
    check_output(output)
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
            "rerun": rerun(),
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
    return finish(report, output)
