"""`parity pretraining`: is a BERT pretrained as HuggingFace's is, from the first number on?"""

import time
from typing import Annotated

import torch
import typer
from rich.console import Console

from parity.checks.pretraining import CHECKS, run_checks
from parity.command_options import Format, FormatOption, rerun
from parity.environment import environment
from parity.errors import CandidateCrashedError, CandidateError
from parity.report.pretraining import PretrainingReport, Terminal, to_json
from parity.training_process import TrainingProcess
from parity.verdict import EXIT_CODES

SCRATCH_BERT = "parity.scratch_training:ScratchTraining"


def pretraining_command(
    candidate: Annotated[
        str,
        typer.Argument(
            help="path/to/file.py:NAME or package.module:NAME, a class; "
            "parity/training_candidate.py says with which methods."
        ),
    ] = SCRATCH_BERT,
    check: Annotated[
        list[str] | None, typer.Option(help=f"Only this of {', '.join(CHECKS)}; repeatable.")
    ] = None,
    form: FormatOption = Format.HUMAN,
) -> int:
    """Compare a pretraining with HuggingFace: first weights, hidden words, pairs, loss, steps.

    Where it diverges, known mistakes are tried until one gives its numbers.

    Exit codes: 0 parity, 1 diverges, 2 the candidate crashed, 3 not comparable, 4 usage,
    5 nothing was compared.
    """
    if unknown := {*(check or ())} - {*CHECKS}:
        raise typer.BadParameter(
            f"{', '.join(unknown)}: expected some of {', '.join(CHECKS)}", param_hint="--check"
        )
    torch.set_num_threads(1)  # small runs, whose threads would wait for each other
    facts = environment()
    kept = ("transformers", "torch", "python", "scratch_bert", "threads")
    report = PretrainingReport(
        {"candidate": candidate, **{name: facts[name] for name in kept}, "rerun": rerun()}
    )
    begun, terminal = time.monotonic(), Terminal(Console())
    human = form is Format.HUMAN
    try:
        with TrainingProcess(candidate) as judged:
            for outcome in run_checks(judged, check or ()):
                if human and not report.outcomes:
                    terminal.header()
                report.outcomes.append(outcome)
                if human:
                    terminal.outcome(outcome)
    except CandidateError as error:
        raise typer.BadParameter(str(error), param_hint="CANDIDATE") from None
    except CandidateCrashedError as error:
        report.error = f"{candidate} cannot be loaded\n{error}"
    report.environment["seconds"] = round(time.monotonic() - begun)
    if human:
        terminal.summary(report)
    else:
        print(to_json(report))
    return EXIT_CODES[report.verdict]
