"""What the judge's commands share: options, and what becomes of a report."""

import shlex
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from parity.report.json import to_json
from parity.verdict import EXIT_CODES, Report
from scratch_bert.command_line import USAGE
from scratch_bert.files import replace


class Format(StrEnum):
    """Who reads the result."""

    HUMAN = "human"
    JSON = "json"


FormatOption = Annotated[Format, typer.Option("--format", help="What to print.")]
OutputOption = Annotated[
    Path | None, typer.Option("--output", "-o", help="Also write the report: FILE.json.")
]


def check_output(output: Path | None) -> None:
    """Refuse a report's file of another kind than can be written.

    Raises:
        typer.BadParameter: it is no .json.
    """
    if output is not None and output.suffix != ".json":
        raise typer.BadParameter(f"{output}: a report is written to FILE.json", param_hint="-o")


def rerun() -> str:
    """Return the command that was given, to be given again."""
    called = sys.argv[0] if Path(sys.argv[0]).name == "parity" else "parity"
    return shlex.join([called, *sys.argv[1:]])


def finish(report: Report, output: Path | None) -> int:
    """Write a report where asked, and return the exit code."""
    if output is not None:
        text = to_json(report) + "\n"
        try:
            replace(output, lambda place: place.write_text(text, encoding="utf-8"))
        except OSError as error:
            print(f"{output}: cannot be written: {error.strerror}", file=sys.stderr)
            return USAGE
    return EXIT_CODES[report.verdict]
