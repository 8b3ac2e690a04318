"""`parity diagnose`: why is this BERT not HuggingFace's?"""

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
from parity.model.judge import Chosen
from parity.report.check import show
from parity.session import CHECKPOINTS, CheckRun
from scratch_bert.cli.common import Format


def diagnose_command(
    candidate: CandidateArgument,
    checkpoint: CheckpointsOption = None,
    probe: ProbeOption = None,
    seed: SeedOption = 0,
    limit: LimitOption = 60,
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
        folder, chosen = choose_by_name(name, probe, seed)
        each[name] = folder, Chosen([one for one in chosen.probes if not one.dtype])
    histogram = shows_histograms(output, form)
    asked = CheckRun(candidate, each, seed, limit, histogram=histogram)
    report = asked.report()
    show(report, asked.rows(report), human=form is Format.HUMAN, probes=False)
    return finish(report, output)
