"""What the judge's commands share: options, and what becomes of a report."""

import sys
from collections.abc import Callable, Sequence
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from parity.core.probes import Scope
from parity.core.verdict import Report
from parity.model.judge import Chosen
from parity.report.json import to_json
from parity.report.page import to_html
from parity.report.picture import PICTURES, draw
from parity.session import CHECKPOINTS, chosen
from scratch_bert.cli.common import USAGE, Format, refused
from scratch_bert.errors import CheckpointError
from scratch_bert.files import replace
from scratch_bert.weights.checkpoints import Checkpoint

_WRITERS = {".html": to_html, ".json": to_json}


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
        show_default=" and ".join(CHECKPOINTS),
    ),
]
ProbeOption = Annotated[
    list[str] | None, typer.Option(help="Only this probe or law; may be repeated.")
]
ScopeOption = Annotated[list[Scope] | None, typer.Option(help="Only this scope; may be repeated.")]
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
    Path | None,
    typer.Option(
        "--output", "-o", help="Also write the report: a page, FILE.html, or FILE.json, .png, .svg."
    ),
]


def resolve_checkpoint(name: str) -> Checkpoint:
    """Find a checkpoint.

    Raises:
        typer.BadParameter: there is none of this name.
    """
    with refused(CheckpointError, OSError, option="--checkpoint"):
        return Checkpoint.of(name)


def choose_by_name(
    checkpoint: str, names: Sequence[str] | None, seed: int, scopes: Sequence[Scope] | None = None
) -> tuple[Checkpoint, Chosen]:
    """Find a checkpoint, and the probes and laws of these names and scopes, or all for it.

    Raises:
        typer.BadParameter: there is no such checkpoint, probe or law.
    """
    with (
        refused(ValueError, option="--probe"),
        refused(CheckpointError, OSError, option="--checkpoint"),
    ):
        return chosen(checkpoint, names or (), seed, scopes or ())


def check_output(output: Path | None) -> None:
    """Refuse a report's file of another kind than can be written, before anything is computed.

    Raises:
        typer.BadParameter: it is none of .html, .json, .png and .svg, or there is no matplotlib.
    """
    if output is None or output.suffix in _WRITERS:
        return
    if output.suffix not in PICTURES:
        expected = "FILE.html, FILE.json, FILE.png or FILE.svg"
        raise typer.BadParameter(f"{output}: a report is written to {expected}", param_hint="-o")
    if find_spec("matplotlib") is None:
        needs = "a picture needs matplotlib: pip install 'scratch-bert[inspection]'"
        raise typer.BadParameter(f"{output}: {needs}", param_hint="-o")


def shows_histograms(output: Path | None, form: Format) -> bool:
    """Whether differences are to be counted, which takes time: for JSON and for a page."""
    return form is Format.JSON or (output is not None and output.suffix in _WRITERS)


def finish(report: Report, output: Path | None) -> int:
    """Write a report where asked, and return the exit code."""
    if output is None:
        return report.exit_code
    if output.suffix in PICTURES:
        done = _saved(output, lambda place: draw(report, place, output.suffix[1:]))
    else:
        done = written(output, _WRITERS[output.suffix](report))
    return report.exit_code if done else USAGE


def written(output: Path, text: str) -> bool:
    """Write a text, whole or not at all; say so where it cannot be.

    Half a character, which a file's name may hold, becomes what JSON has for it.
    """

    def write(place: Path) -> None:
        place.write_text(f"{text}\n", encoding="utf-8", errors="backslashreplace")

    return _saved(output, write)


def _saved(output: Path, write: Callable[[Path], object]) -> bool:
    try:
        replace(output, write)
    except OSError as error:
        print(f"{output}: cannot be written: {error.strerror}", file=sys.stderr)
        return False
    return True
