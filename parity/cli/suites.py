"""`parity pretraining`, `finetuning` and `inference`: a suite of checks judges a candidate."""

import time
from collections.abc import Callable, Collection
from typing import Annotated

import torch
import typer
from rich.console import Console

from parity.cli.options import FormatOption
from parity.core.environment import environment, rerun
from parity.core.verdict import Report
from parity.finetuning.suite import FINETUNING
from parity.inference.suite import INFERENCE
from parity.pretraining.suite import PRETRAINING
from parity.report.suite import SuiteTerminal, to_json
from parity.suite.candidate import SuiteProcess
from parity.suite.suite import Suite, run_checks
from scratch_bert.cli.common import Format


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
    report = Report(environment=known)
    begun, terminal = time.monotonic(), SuiteTerminal(Console())
    human = form is Format.HUMAN
    with report.failing(), SuiteProcess(candidate, suite.local_class) as judged:
        for outcome in run_checks(suite, judged, names):
            if human and not report.outcomes:
                terminal.header()
            report.outcomes.append(outcome)
            if human:
                terminal.outcome(outcome)
    report.environment["seconds"] = round(time.monotonic() - begun)
    if human:
        terminal.summary(report, suite)
    else:
        print(to_json(report))
    return report.exit_code


def suite_command(suite: Suite, about: str) -> Callable[..., int]:
    """Return the command that judges a candidate by a suite.

    Args:
        suite: which.
        about: the command's help.
    """
    where = f"path/to/file.py:NAME or package.module:NAME, a class; {suite.contract} says with"
    checks = f"Only this of {', '.join(suite.checks)}; repeatable."

    def command(
        candidate: Annotated[
            str, typer.Argument(help=f"{where} which methods.")
        ] = suite.scratch_bert,
        check: Annotated[list[str] | None, typer.Option(help=checks)] = None,
        form: FormatOption = Format.HUMAN,
    ) -> int:
        return judge(suite, candidate, check or (), form)

    command.__doc__ = about
    return command


pretraining_command = suite_command(
    PRETRAINING,
    """Compare a pretraining with HuggingFace: first weights, hidden words, pairs, loss, steps.

    Where it diverges, known mistakes are tried until one gives its numbers.
    """,
)
finetuning_command = suite_command(
    FINETUNING,
    """Compare a fine-tuning with HuggingFace: each task's loss, labels of tokens, whole epochs.

    Where it diverges, known mistakes are tried until one gives its numbers.
    """,
)
inference_command = suite_command(
    INFERENCE,
    """Compare what a trained model is used for with HuggingFace: words, classes, tags, answers.

    Where it diverges, known mistakes are tried until one gives its answers.
    """,
)
