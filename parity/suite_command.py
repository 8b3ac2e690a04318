"""What `parity pretraining` and its like have in common: a suite judges a candidate."""

import time
from collections.abc import Collection
from typing import Any

import torch
import typer
from rich.console import Console

from parity.command_options import Format, rerun
from parity.environment import environment
from parity.errors import CandidateCrashedError, CandidateError
from parity.report.suite import SuiteReport, Terminal, to_json
from parity.suite import Suite, run_checks
from parity.suite_process import SuiteProcess
from parity.verdict import EXIT_CODES


def candidate_argument(suite: Suite) -> Any:
    """Say what a candidate is."""
    name = "path/to/file.py:NAME or package.module:NAME, a class"
    return typer.Argument(help=f"{name}; {suite.contract} says with which methods.")


def check_option(suite: Suite) -> Any:
    """Say which checks there are."""
    return typer.Option(help=f"Only this of {', '.join(suite.checks)}; repeatable.")


def judge(suite: Suite, candidate: str, names: Collection[str], form: Format) -> int:
    """Run a suite's checks on a candidate, print the report, and return the exit code.

    Args:
        suite: which checks there are.
        candidate: where it is.
        names: of the checks to make; none means all.
        form: of the report.
    """
    if unknown := {*names} - {*suite.checks}:
        raise typer.BadParameter(
            f"{', '.join(unknown)}: expected some of {', '.join(suite.checks)}",
            param_hint="--check",
        )
    torch.set_num_threads(1)  # small runs, whose threads would wait for each other
    facts = environment()
    kept = ("transformers", "torch", "python", "scratch_bert", "threads")
    known = {"candidate": candidate, **{name: facts[name] for name in kept}, "rerun": rerun()}
    report = SuiteReport(suite, known)
    begun, terminal = time.monotonic(), Terminal(Console())
    human = form is Format.HUMAN
    try:
        with SuiteProcess(candidate, suite.answering) as judged:
            for outcome in run_checks(suite, judged, names):
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
