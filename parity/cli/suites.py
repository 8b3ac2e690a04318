"""`parity pretraining`, `finetuning` and `inference`: a suite of checks judges a candidate."""

import time
from collections.abc import Collection
from typing import Annotated, Any

import torch
import typer
from rich.console import Console

from parity.cli.options import FormatOption
from parity.core.environment import environment, rerun
from parity.core.errors import CandidateCrashedError, CandidateError
from parity.core.verdict import EXIT_CODES
from parity.finetuning.suite import FINETUNING
from parity.inference.suite import INFERENCE
from parity.pretraining.suite import PRETRAINING
from parity.report.suite import SuiteReport, Terminal, to_json
from parity.suite.candidate import SuiteProcess
from parity.suite.suite import Suite, run_checks
from scratch_bert.cli.common import Format


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


def pretraining_command(
    candidate: Annotated[str, candidate_argument(PRETRAINING)] = PRETRAINING.scratch_bert,
    check: Annotated[list[str] | None, check_option(PRETRAINING)] = None,
    form: FormatOption = Format.HUMAN,
) -> int:
    """Compare a pretraining with HuggingFace: first weights, hidden words, pairs, loss, steps.

    Where it diverges, known mistakes are tried until one gives its numbers.

    Exit codes: 0 parity, 1 diverges, 2 the candidate crashed, 3 not comparable, 4 usage,
    5 nothing was compared.
    """
    return judge(PRETRAINING, candidate, check or (), form)


def finetuning_command(
    candidate: Annotated[str, candidate_argument(FINETUNING)] = FINETUNING.scratch_bert,
    check: Annotated[list[str] | None, check_option(FINETUNING)] = None,
    form: FormatOption = Format.HUMAN,
) -> int:
    """Compare a fine-tuning with HuggingFace: each task's loss, labels of tokens, whole epochs.

    Where it diverges, known mistakes are tried until one gives its numbers.

    Exit codes: 0 parity, 1 diverges, 2 the candidate crashed, 3 not comparable, 4 usage,
    5 nothing was compared.
    """
    return judge(FINETUNING, candidate, check or (), form)


def inference_command(
    candidate: Annotated[str, candidate_argument(INFERENCE)] = INFERENCE.scratch_bert,
    check: Annotated[list[str] | None, check_option(INFERENCE)] = None,
    form: FormatOption = Format.HUMAN,
) -> int:
    """Compare what a trained model is used for with HuggingFace: words, classes, tags, answers.

    Where it diverges, known mistakes are tried until one gives its answers.

    Exit codes: 0 parity, 1 diverges, 2 the candidate crashed, 3 not comparable, 4 usage,
    5 nothing was compared.
    """
    return judge(INFERENCE, candidate, check or (), form)
