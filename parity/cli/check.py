"""`parity check` and `parity diagnose`: is this BERT HuggingFace's, and if not, why?"""

from typing import Annotated

import typer

from parity.cli.options import (
    CheckpointsOption,
    FormatOption,
    LimitOption,
    OutputOption,
    ProbeOption,
    ScopeOption,
    SeedOption,
    ToleranceOption,
    check_output,
    choose_by_name,
    finish,
    shows_histograms,
)
from parity.model.judge import Chosen
from parity.report.check import show
from parity.session import CHECKPOINTS, SCRATCH_BERT, CheckRun
from scratch_bert.cli.common import Format

CandidateArgument = Annotated[
    str, typer.Argument(help="path/to/file.py:NAME or package.module:NAME, a class with build.")
]


def check_command(
    candidate: CandidateArgument = SCRATCH_BERT,
    checkpoint: CheckpointsOption = None,
    probe: ProbeOption = None,
    scope: ScopeOption = None,
    tolerance: ToleranceOption = None,
    seed: SeedOption = CheckRun.seed,
    limit: LimitOption = CheckRun.limit,
    form: FormatOption = Format.HUMAN,
    output: OutputOption = None,
) -> int:
    """Compare a BERT with HuggingFace in double precision, each stage alone and all in a row.

    Where it diverges, known mistakes are tried until one gives its numbers.
    """
    check_output(output)
    names = checkpoint or CHECKPOINTS
    each = {name: choose_by_name(name, probe, seed, scope) for name in names}
    histogram = shows_histograms(output, form)
    run = CheckRun(candidate, each, seed, limit, tolerance, histogram)
    report = run.report()
    show(report, run.rows(report), human=form is Format.HUMAN)
    return finish(report, output)


def diagnose_command(
    candidate: CandidateArgument,
    checkpoint: CheckpointsOption = None,
    probe: ProbeOption = None,
    seed: SeedOption = CheckRun.seed,
    limit: LimitOption = CheckRun.limit,
    form: FormatOption = Format.HUMAN,
    output: OutputOption = None,
) -> int:
    """Name the mistakes that make a BERT differ from HuggingFace's.

    Each known mistake is made by HuggingFace's own model; one that gives the candidate's numbers is
    the cause. `parity check` does the same where it diverges; this looks at the stages alone.
    """
    check_output(output)
    each = {}
    for name in checkpoint or CHECKPOINTS:
        found, chosen = choose_by_name(name, probe, seed)
        looked_at = [one for one in chosen.probes if not one.dtype]
        if others := {*(probe or ())} - {one.name for one in looked_at}:
            why = "no stages are looked at there in double precision; parity check runs it"
            raise typer.BadParameter(f"{', '.join(sorted(others))}: {why}", param_hint="--probe")
        each[name] = found, Chosen(looked_at)
    histogram = shows_histograms(output, form)
    run = CheckRun(candidate, each, seed, limit, histogram=histogram)
    report = run.report()
    show(report, run.rows(report), human=form is Format.HUMAN, probes=False)
    return finish(report, output)
