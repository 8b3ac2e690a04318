"""`parity check`: is this BERT HuggingFace's, on every probe and at every stage?"""

from typing import Annotated

import typer

from parity.cli.options import (
    CheckpointsOption,
    FormatOption,
    LimitOption,
    OutputOption,
    ProbeOption,
    SeedOption,
    ToleranceOption,
    check_output,
    choose_by_name,
    finish,
    shows_histograms,
)
from parity.core.errors import CandidateError
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
    tolerance: ToleranceOption = None,
    seed: SeedOption = CheckRun.seed,
    limit: LimitOption = CheckRun.limit,
    form: FormatOption = Format.HUMAN,
    output: OutputOption = None,
) -> int:
    """Compare a BERT with HuggingFace in double precision, each stage alone and all in a row.

    Where it diverges, known mistakes are tried until one gives its numbers.

    Exit codes: 0 parity, 1 diverges, 2 the candidate crashed, 3 not comparable, 4 usage,
    5 nothing was compared.
    """
    check_output(output)
    each = {name: choose_by_name(name, probe, seed) for name in checkpoint or CHECKPOINTS}
    histogram = shows_histograms(output, form)
    asked = CheckRun(candidate, each, seed, limit, tolerance, histogram)
    report = asked.report()
    try:
        show(report, asked.rows(report), human=form is Format.HUMAN)
    except CandidateError as error:
        raise typer.BadParameter(str(error), param_hint="CANDIDATE") from None
    return finish(report, output)
