"""What the judge's commands share: options, and what becomes of a report."""

import shlex
import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from parity.check import Chosen, choose
from parity.report.json import to_json
from parity.verdict import EXIT_CODES, Report
from scratch_bert.checkpoints import resolve
from scratch_bert.command_line import USAGE
from scratch_bert.errors import CheckpointError
from scratch_bert.files import replace


class Format(StrEnum):
    """Who reads the result."""

    HUMAN = "human"
    JSON = "json"


class Dtype(StrEnum):
    """Which floating-point numbers are computed with."""

    FLOAT64 = "float64"
    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"
    FLOAT16 = "float16"


CheckpointOption = Annotated[
    str, typer.Option(help="A folder, a hub id, builtin:minilm, builtin:bert-base, …")
]
CheckpointsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--checkpoint",
        help="A folder, a hub id or a built-in one; may be repeated.",
        show_default="builtin:adversarial and builtin:minilm",
    ),
]
ProbeOption = Annotated[
    list[str] | None, typer.Option(help="Only this probe or law; may be repeated.")
]
SeedOption = Annotated[int, typer.Option(min=0, max=2**63 - 1, help="Of the probes' ids.")]
LimitOption = Annotated[
    float, typer.Option(min=0.1, help="Seconds the candidate has for one probe.")
]
ToleranceOption = Annotated[
    float | None,
    typer.Option(min=0, help="What may differ, as a share of a tensor's largest number."),
]
FormatOption = Annotated[Format, typer.Option("--format", help="What to print.")]
OutputOption = Annotated[
    Path | None, typer.Option("--output", "-o", help="Also write the report: FILE.json.")
]


def resolve_checkpoint(name: str) -> Path:
    """Find a checkpoint's folder.

    Raises:
        typer.BadParameter: there is none of this name.
    """
    try:
        return resolve(name)
    except (CheckpointError, OSError) as error:
        raise typer.BadParameter(str(error), param_hint="--checkpoint") from None


def choose_by_name(checkpoint: str, names: Sequence[str] | None, seed: int) -> tuple[Path, Chosen]:
    """Find a checkpoint's folder, and the probes and laws of these names, or all for it.

    Raises:
        typer.BadParameter: there is no such checkpoint, probe or law.
    """
    folder = resolve_checkpoint(checkpoint)
    try:
        return folder, choose(folder, names or (), seed)
    except (CheckpointError, OSError) as error:
        raise typer.BadParameter(str(error), param_hint="--checkpoint") from None
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--probe") from None


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
    if output is not None and not written(output, to_json(report)):
        return USAGE
    return EXIT_CODES[report.verdict]


def written(output: Path, text: str) -> bool:
    """Write a file, whole or not at all; say so where it cannot be."""
    try:
        replace(output, lambda place: place.write_text(f"{text}\n", encoding="utf-8"))
    except OSError as error:
        print(f"{output}: cannot be written: {error.strerror}", file=sys.stderr)
        return False
    return True
