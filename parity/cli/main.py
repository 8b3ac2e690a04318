"""`parity`: the judge on the command line.

Exit codes: 0 parity, 1 diverges, 2 the candidate crashed, 3 not comparable, 4 usage, 5 nothing was
compared, 130 interrupted. Results, a crash's traceback among them, go to stdout, everything else
to stderr.
"""

import inspect
import json
import sys
import traceback
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import typer

from parity.cli.check import check_command, diagnose_command
from parity.cli.diff import diff_command
from parity.cli.exercise import exercise_command
from parity.cli.init import init_command
from parity.cli.options import FormatOption
from parity.cli.recordings import compare_command, record_command
from parity.cli.self_test import self_test_command
from parity.cli.suites import finetuning_command, inference_command, pretraining_command
from parity.cli.tokenizer import tokenizer_command
from parity.core.environment import environment
from parity.core.errors import CandidateError
from parity.core.verdict import EXIT_CODES, Verdict
from scratch_bert.cli.common import Format, refused, run

app = typer.Typer(
    help="Is this BERT the same as HuggingFace's, and if not, where?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)


@app.callback()
def _parity() -> None:
    pass


@app.command(name="env")
def env_command(form: FormatOption = Format.HUMAN) -> int:
    """Print what a result depends on: versions, machine, threads."""
    facts = environment()
    if form is Format.JSON:
        print(json.dumps(facts, indent=2))
    else:
        for name, value in facts.items():
            print(f"{name:<13} {value}")
    return 0


EXIT_CODES_TEXT = """Exit codes: 0 parity, 1 diverges, 2 the candidate crashed, 3 not comparable,
4 usage, 5 nothing was compared."""


def _add(name: str, command: Callable[..., int], candidate: str = "CANDIDATE") -> None:
    """Add a command.

    Args:
        name: of the command.
        command: does the work, and returns the exit code. Unless its help names its exit codes,
            they are those of a comparison.
        candidate: the argument or option to name where the candidate is not what one must be.
    """
    about = inspect.cleandoc(command.__doc__ or "")
    about += "" if "Exit codes:" in about else f"\n\n{EXIT_CODES_TEXT}"

    @app.command(name=name, help=about)
    @wraps(command)
    def checked(*given: Any, **named: Any) -> int:
        with refused(CandidateError, option=candidate):
            return command(*given, **named)


_add("diff", diff_command, "--candidate")
_add("check", check_command)
_add("diagnose", diagnose_command)
app.command(name="self-test")(self_test_command)
_add("init", init_command, "MODULE")
_add("exercise", exercise_command, "FILE")
_add("record", record_command, "--candidate")
app.command(name="compare")(compare_command)
_add("tokenizer", tokenizer_command)
_add("pretraining", pretraining_command)
_add("finetuning", finetuning_command)
_add("inference", inference_command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with the contract's code."""
    if arguments is not None:
        sys.argv[1:] = arguments  # which a report repeats
    try:
        run(app, "parity", arguments)
    except Exception:  # 1, Python's own code, would say "diverges"
        traceback.print_exc()
        raise SystemExit(EXIT_CODES[Verdict.NOT_COMPARABLE]) from None
