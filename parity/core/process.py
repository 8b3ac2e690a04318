"""Somebody's code in a process of its own: both ends, which speak in lines of JSON.

What that code prints goes nowhere. A question that takes too long ends the process, with the stack
on stderr.
"""

import faulthandler
import json
import os
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import torch

from parity.core.errors import CandidateCrashedError, CandidateError

Answer = dict[str, Any]

_OURS = (Path(__file__).parents[1], Path(torch.__file__).parent)
_LAST_LINES = 30  # of what was written to stderr before the process ended


class Process:
    """The asking end.

    Args:
        module: what is run; it calls `serve`.
        log: where the process writes its stderr.
    """

    def __init__(self, module: str, log: IO[bytes]) -> None:
        self._log = log
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            encoding="utf-8",
        )

    def ask(self, request: Mapping[str, Any]) -> Iterator[Answer]:
        """Ask once, and yield the answers.

        Args:
            request: what is wanted, and the seconds it may take from one answer to the next, under
                `limit`.

        Raises:
            CandidateError: the code is not what it must be.
            CandidateCrashedError: it raised, ended its process, or took too long.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        for line in self._process.stdout:
            answer = json.loads(line)
            if "refused" in answer:
                raise CandidateError(answer["refused"])
            if "crashed" in answer:
                raise CandidateCrashedError(answer["crashed"])
            if "done" in answer:
                return
            yield answer
        code = self._process.wait()
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").splitlines()
        if late := [number for number, line in enumerate(lines) if line.startswith("Timeout (")]:
            shown = [f"it took longer than {request['limit']:g} s; it was at, the last call first:"]
            shown += lines[late[-1] + 1 :][:_LAST_LINES]
        else:
            wrote = "; the last it wrote:" if lines else " and wrote nothing"
            shown = [f"its process ended with code {code}{wrote}", *lines[-_LAST_LINES:]]
        raise CandidateCrashedError("\n".join(shown))

    def kill(self) -> None:
        """End the process, which another thread may wait for: it is told that it ended."""
        self._process.kill()

    def close(self) -> None:
        """End the process."""
        self.kill()
        self._process.communicate()


def serve(answers_to: Callable[[Mapping[str, Any]], Iterator[Answer]]) -> None:
    """Be the answering end, until there are no more requests.

    Args:
        answers_to: yields the answers to a request, as far as they have come.
    """
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def send(answer: Answer) -> None:
        answers.write(json.dumps(answer) + "\n")
        answers.flush()

    for line in sys.stdin:
        request = json.loads(line)
        faulthandler.dump_traceback_later(request["limit"], exit=True)
        try:
            for answer in answers_to(request):
                faulthandler.dump_traceback_later(request["limit"], exit=True)
                send(answer)
        except CandidateError as error:
            send({"refused": str(error)})
        except (Exception, SystemExit) as error:
            send({"crashed": told(error)})
        else:
            send({"done": True})
        faulthandler.cancel_dump_traceback_later()


def told(error: BaseException) -> str:
    """Say what was raised, and where: from the first line on that is the user's own."""
    begin = error.__traceback__
    while begin is not None and is_ours(begin.tb_frame.f_code.co_filename):
        begin = begin.tb_next
    if begin is None and not isinstance(error, SyntaxError):  # which says itself where it is
        begin = error.__traceback__
    lines = traceback.format_exception(type(error), error, begin)
    summary = f"{type(error).__name__}: {error}".partition("\n")[0]
    return f"{summary}\n{''.join(lines)}".rstrip()


def is_ours(file: str) -> bool:
    """Whether a file of code is the judge's, torch's or Python's own; else it is the user's."""
    ours = any(Path(file).is_relative_to(folder) for folder in _OURS)
    return ours or file.startswith("<frozen ")
