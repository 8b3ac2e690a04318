"""Where in somebody's code a stage is computed."""

import sys
from pathlib import Path

from torch import nn

from parity.core.process import is_ours


def whereabouts(module: nn.Module, called: bool) -> str:
    """Return `file:line`, from inside a module's hook; "" if nothing of the code is in sight.

    Args:
        module: whose hook it is.
        called: whether the stage is what the module makes; then the module's own forward is meant,
            if it is the user's, else the line that calls it.
    """
    code = getattr(type(module).forward, "__code__", None)
    if called and code is not None and not is_ours(code.co_filename):
        return _said(code.co_filename, code.co_firstlineno)
    frame = sys._getframe()
    while is_ours(frame.f_code.co_filename):
        if frame.f_back is None:
            return ""
        frame = frame.f_back
    return _said(frame.f_code.co_filename, frame.f_lineno)


def _said(file: str, line: int) -> str:
    path = Path(file)
    here = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    return f"{here}:{line}"
