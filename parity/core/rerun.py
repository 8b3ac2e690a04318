"""The command that repeats a result."""

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path


def rerun(lines: Sequence[str] = ("-",)) -> str:
    """Return the command that was given, to be given again; lines of stdin stand in place of -."""
    called = sys.argv[0] if Path(sys.argv[0]).name == "parity" else "parity"
    given = [text for each in sys.argv[1:] for text in (lines if each == "-" else [each])]
    return shlex.join([called, *given])
