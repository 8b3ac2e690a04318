"""The command that shows a part of a report again."""

import shlex
from collections.abc import Iterator, Sequence

from parity.report.heat_map import Column

_OF_THE_WHOLE = ("-o", "--output", "--format")


def repeat_command(command: str, column: Column) -> tuple[str, str]:
    """Return what stands before and after a stage's name in the command that shows a cell.

    Args:
        command: the one that made the report.
        column: the cell's. `parity check` shows a whole column, and `parity compare` the whole;
            there nothing stands behind it.
    """
    program, name, *given = shlex.split(command)
    if name == "diff":
        kept = _without(given, (*_OF_THE_WHOLE, "--stage"))
        return shlex.join([program, name, "--stage"]), shlex.join(kept)
    if name in ("check", "diagnose"):
        kept = _without(given, (*_OF_THE_WHOLE, "--checkpoint", "--probe", "--scope"))
        chosen = ["--checkpoint", column.checkpoint, "--probe", column.probe]
        return shlex.join([program, "check", *kept, *chosen]), ""
    return shlex.join([program, name, *_without(given, _OF_THE_WHOLE)]), ""


def _without(arguments: Sequence[str], options: Sequence[str]) -> Iterator[str]:
    """Leave out options and their values."""
    rest = iter(arguments)
    for argument in rest:
        if argument == "--":  # only texts from here on
            yield argument
            yield from rest
        elif argument in options:
            next(rest)
        elif not (argument.startswith("-o") or argument.partition("=")[0] in options):
            yield argument
