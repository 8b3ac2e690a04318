"""`parity exercise`: write a part of BERT, and have that part judged."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from parity.cli.options import CheckpointsOption, choose_by_name, written
from parity.core.errors import CandidateCrashedError, CandidateError
from parity.core.verdict import EXIT_CODES, Verdict
from parity.exercises.catalogue import EXERCISES, FOLDER, Exercise
from parity.exercises.judging import judge
from scratch_bert.cli.common import USAGE


def exercise_command(
    name: Annotated[
        str | None, typer.Argument(metavar="EXERCISE", help="Without one, all are listed.")
    ] = None,
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help=f"What you wrote; {FOLDER}/EXERCISE.py if not given."),
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="Write what to begin with.")] = False,
    checkpoint: CheckpointsOption = None,
) -> int:
    """Write a part of BERT yourself; this tells whether it is right.

    It is put in the place of scratch_bert's, what goes into it is right, and its own stages alone
    are compared, in double precision: so only your own mistakes count, and a known one is named.

    Exit codes: 0 right, 1 wrong, 2 it crashed, 4 usage, 5 not written yet.
    """
    if name is None:
        _list()
        return 0
    if name not in EXERCISES:
        raise typer.BadParameter(
            f"{name}: expected one of {', '.join(EXERCISES)}", param_hint="EXERCISE"
        )
    exercise = EXERCISES[name]
    place = file or exercise.path
    if place.suffix != ".py":
        raise typer.BadParameter(f"{place}: expected FILE.py", param_hint="FILE")
    if write:
        return _write(exercise, place)
    if not place.is_file():
        raise typer.BadParameter(
            f"{place}: there is no such file; `parity exercise {name} --write` writes one",
            param_hint="FILE",
        )
    if checkpoint and not exercise.stages:
        raise typer.BadParameter(f"{name} is judged without one", param_hint="--checkpoint")
    for each in checkpoint or ():
        choose_by_name(each, (), 0)  # says which option names no checkpoint
    try:
        verdict = judge(exercise, place, checkpoint or ())
    except CandidateCrashedError as error:  # it ended its process, or took too long
        verdict = Verdict.CRASHED
        _print(f"crashed: {error}", "bold red")
    except CandidateError as error:
        if not error.verdict:
            raise
        verdict = Verdict(error.verdict)
        unwritten = verdict is Verdict.NOTHING_COMPARED
        _print(str(error), "bold yellow" if unwritten else "bold red")
    if verdict is Verdict.PARITY:
        _print(f"right: this {exercise.target} is BERT's", "bold green")
    return EXIT_CODES[verdict]


def _list() -> None:
    table = Table(box=None, pad_edge=False)
    for column in ("exercise", "what to write", "in", "state"):
        table.add_column(column, no_wrap=True)
    for exercise in EXERCISES.values():
        place = exercise.path
        table.add_row(exercise.name, exercise.about, str(place), exercise.state(place))
    Console().print(table)
    _print("\nparity exercise attention --write    writes what to begin with")
    _print("parity exercise attention            tells whether it is right")


def _write(exercise: Exercise, place: Path) -> int:
    if place.exists():
        raise typer.BadParameter(f"{place} is there already; name another", param_hint="FILE")
    if not written(place, exercise.skeleton.rstrip("\n")):
        return USAGE
    given = "" if place == exercise.path else f" {place}"
    _print(f"{place} says what to write; then: parity exercise {exercise.name}{given}")
    return 0


def _print(line: str, style: str = "") -> None:
    Console().print(Text(line, style=style), soft_wrap=True)
