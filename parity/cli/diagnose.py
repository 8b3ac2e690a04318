"""`parity diagnose`: why is this BERT not HuggingFace's?"""

import typer

from parity.cli.check import CandidateArgument
from parity.cli.options import (
    CheckpointsOption,
    FormatOption,
    LimitOption,
    OutputOption,
    ProbeOption,
    SeedOption,
    check_output,
    choose_by_name,
    finish,
    shows_histograms,
)
from parity.core.errors import CandidateError
from parity.model.judge import Chosen
from parity.report.check import show
from parity.session import CHECKPOINTS, CheckRun
from scratch_bert.cli.common import Format


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

    Exit codes: 0 parity, 1 diverges, 2 the candidate crashed, 3 not comparable, 4 usage,
    5 nothing was compared.
    """
    check_output(output)
    each = {}
    for name in checkpoint or CHECKPOINTS:
        found, chosen = choose_by_name(name, probe, seed)
        each[name] = found, Chosen([one for one in chosen.probes if not one.dtype])
    histogram = shows_histograms(output, form)
    asked = CheckRun(candidate, each, seed, limit, histogram=histogram)
    report = asked.report()
    try:
        show(report, asked.rows(report), human=form is Format.HUMAN, probes=False)
    except CandidateError as error:
        raise typer.BadParameter(str(error), param_hint="CANDIDATE") from None
    return finish(report, output)
