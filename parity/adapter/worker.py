"""The user's module's own process: `python -m parity.adapter.worker`.

It reads a request from stdin, a line of JSON, and writes the answer to what was stdout; what the
user's code prints goes nowhere. What takes too long ends it, with the stack on stderr.
"""

import faulthandler
import json
import os
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from parity.adapter.assembling import write_adapter
from parity.errors import CandidateError
from parity.recording import Recording


def answer(request: Mapping[str, Any]) -> dict[str, Any]:
    """Answer a request.

    Args:
        request: `module`, `folder`, `checkpoint`, `recording` and `path`.

    Returns:
        The fields of `Written`, or `refused` or `crashed` with a message.
    """
    folder = Path(request["folder"])
    place = request["module"].rpartition(":")[0]
    if place.endswith(".py"):
        sys.path.insert(0, str(Path(place).resolve().parent))  # for what lies beside it
    try:
        return write_adapter(
            request["module"],
            folder,
            request["checkpoint"],
            Recording.read(Path(request["recording"])),
            Path(request["path"]),
        ).answer
    except CandidateError as error:
        return {"refused": str(error)}
    except (Exception, SystemExit) as error:
        return {"crashed": "".join(traceback.format_exception(error)).rstrip()}


def main() -> None:
    """Answer the request."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    request = json.loads(sys.stdin.readline())
    faulthandler.dump_traceback_later(request["limit"], exit=True)
    answers.write(json.dumps(answer(request)) + "\n")
    answers.close()


if __name__ == "__main__":
    main()
