"""`parity check`: is this BERT HuggingFace's, on every probe and at every stage?"""

from typing import Annotated

import typer

from parity.check import check
from parity.command_options import (
    CheckpointOption,
    Format,
    FormatOption,
    LimitOption,
    OutputOption,
    ProbeOption,
    SeedOption,
    ToleranceOption,
    check_output,
    choose_by_name,
    finish,
    rerun,
)
from parity.environment import environment
from parity.errors import CandidateError
from parity.report.check import show
from parity.verdict import Report

SCRATCH_BERT = "parity.scratch_candidate:ScratchBert"


def check_command(
    candidate: Annotated[
        str, typer.Argument(help="path/to/file.py:NAME or package.module:NAME, a class with build.")
    ] = SCRATCH_BERT,
    checkpoint: CheckpointOption = "builtin:adversarial",
    probe: ProbeOption = None,
    tolerance: ToleranceOption = None,
    seed: SeedOption = 0,
    limit: LimitOption = 60,
    form: FormatOption = Format.HUMAN,
    output: OutputOption = None,
) -> int:
    """Compare a BERT with HuggingFace in double precision, each stage alone and all in a row.

    Exit codes: 0 parity, 1 diverges, 2 the candidate crashed, 3 not comparable, 4 usage,
    5 nothing was compared.
    """
    check_output(output)
    folder, chosen = choose_by_name(checkpoint, probe, seed)
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
    rows = check(candidate, folder, chosen, seed, limit=limit, relative=tolerance)
    try:
        show(report, rows, human=form is Format.HUMAN)
    except CandidateError as error:
        raise typer.BadParameter(str(error), param_hint="CANDIDATE") from None
    return finish(report, output)
