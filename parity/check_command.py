"""`parity check`: is this BERT HuggingFace's, on every probe and at every stage?"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated

import typer

from parity.check import check
from parity.command_options import (
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
from parity.compare import Comparison
from parity.environment import environment
from parity.errors import CandidateCrashedError, CandidateError
from parity.report.check import show
from parity.verdict import Report

SCRATCH_BERT = "parity.scratch_candidate:ScratchBert"
CHECKPOINTS = ("builtin:adversarial", "builtin:minilm")  # made to show mistakes, and trained


def check_command(
    candidate: Annotated[
        str, typer.Argument(help="path/to/file.py:NAME or package.module:NAME, a class with build.")
    ] = SCRATCH_BERT,
    checkpoint: Annotated[
        list[str] | None,
        typer.Option(
            help="A folder, a hub id or a built-in one; may be repeated.",
            show_default=" and ".join(CHECKPOINTS),
        ),
    ] = None,
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
    checkpoints = checkpoint or CHECKPOINTS
    each = {name: choose_by_name(name, probe, seed) for name in checkpoints}
    facts = environment()
    report = Report(
        environment={
            "candidate": candidate,
            "checkpoint": " ".join(each),
            "seed": seed,
            **{name: facts[name] for name in ("transformers", "torch", "python", "scratch_bert")},
            "rerun": rerun(),
        }
    )

    def rows() -> Iterator[Comparison]:
        for name, (folder, chosen) in each.items():
            try:
                for row in check(candidate, folder, chosen, seed, limit=limit, relative=tolerance):
                    yield replace(row, checkpoint=name)
            except CandidateCrashedError as error:
                raise CandidateCrashedError(f"with {name}: {error}") from None

    try:
        show(report, rows(), human=form is Format.HUMAN)
    except CandidateError as error:
        raise typer.BadParameter(str(error), param_hint="CANDIDATE") from None
    return finish(report, output)
