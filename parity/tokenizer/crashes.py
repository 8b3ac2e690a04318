"""What a tokenizer raised, and the line of its own where it was raised."""

import sysconfig
import traceback
from pathlib import Path

from parity.core.process import is_ours

_LONGEST = 200  # characters of an error's message
_LIBRARIES = [Path(sysconfig.get_path(name)) for name in ("stdlib", "purelib", "platlib")]


def crash_text(error: BaseException) -> str:
    """Return an error in one line: its type, its message and the user's own line."""
    message = f"{type(error).__name__}: {error}"
    shown = message if len(message) <= _LONGEST else f"{message[:_LONGEST]}…"
    return f"{shown} ({line})" if (line := own_line(error)) else shown


def own_line(error: BaseException) -> str:
    """Return the last line of the user's own code on the way to an error; "" if there is none.

    An error that is raised in place of another one hides that one's line, so the first error is
    inspected first.
    """
    frames = [
        frame
        for each in chain(error)
        for frame in reversed(traceback.extract_tb(each.__traceback__))
        if not is_ours(frame.filename)
    ]
    own = [frame for frame in frames if not _is_library(frame.filename)]
    if not (own or frames):
        return ""
    frame = (own or frames)[0]
    place = f"{Path(frame.filename).name}, line {frame.lineno}, in {frame.name}"
    return f"{place}: {frame.line}" if frame.line else place


def chain(error: BaseException) -> list[BaseException]:
    """Return an error and those that it was raised in place of, the first of them first."""
    found = [error]
    while (earlier := found[0].__cause__ or found[0].__context__) and earlier not in found:
        found.insert(0, earlier)
    return found


def _is_library(file: str) -> bool:
    return any(Path(file).is_relative_to(folder) for folder in _LIBRARIES)
