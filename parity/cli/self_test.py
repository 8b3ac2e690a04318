"""`parity self-test`: what does the judge see?"""

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from parity.cli.options import FormatOption, SeedOption, written
from scratch_bert.cli.common import USAGE, Format, refused


def self_test_command(
    fault: Annotated[
        list[str] | None,
        typer.Option(help="Only this mistake or variant, or pattern of them; may be repeated."),
    ] = None,
    draws: Annotated[
        int, typer.Option(min=0, help="How often two or three mistakes are made at once.")
    ] = 50,
    seed: SeedOption = 0,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = os.cpu_count() or 1,
    form: FormatOption = Format.HUMAN,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Also write the results: FILE.html or FILE.json."),
    ] = None,
) -> int:
    """Make every known mistake, and see whether it is caught, located and named.

    Mistakes of the model are made in scratch_bert, others in a tokenizer, a training or inference.

    Correct implementations, written in other ways, are judged as well; none may be accused.

    Exit codes: 0 all of it holds, 1 it does not, 4 usage.
    """
    # Known mistakes bring all of scratch_bert's code, which other commands may find broken.
    from parity.report.self_test import show, to_html, to_json
    from parity.self_test.run import Results, self_test

    writers = {".json": to_json, ".html": to_html}
    if output is not None and output.suffix not in writers:
        raise typer.BadParameter(f"{output}: expected FILE.json or FILE.html", param_hint="-o")
    results, progress = Results(), Console(stderr=True)
    with refused(ValueError, option="--fault"), progress.status("preparing") as status:
        for number, found in enumerate(self_test(fault or (), draws, seed, workers), 1):
            results.add(found)
            status.update(f"{number} tried, the last: {found.trial.name}")
    if form is Format.JSON:
        print(to_json(results))
    else:
        show(results, Console())
    if output is not None and not written(output, writers[output.suffix](results)):
        return USAGE
    return 0 if results.holds else 1
