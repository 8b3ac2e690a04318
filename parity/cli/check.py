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
    seed: SeedOption = 0,
    limit: LimitOption = 60,
    form: FormatOption = Format.HUMAN,
    output: OutputOption = None,
) -> int:
    """Compare a BERT with HuggingFace in double precision, each stage alone and all in a row.

    Where it diverges, known mistakes are tried until one gives its numbers.
    """
    check_output(output)
    each = {name: choose_by_name(name, probe, seed) for name in checkpoint or CHECKPOINTS}
    histogram = shows_histograms(output, form)
    asked = CheckRun(candidate, each, seed, limit, tolerance, histogram)
    report = asked.report()
    show(report, asked.rows(report), human=form is Format.HUMAN)
    return finish(report, output)
