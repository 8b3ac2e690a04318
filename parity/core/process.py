"""Somebody's code in a process of its own, which can neither hang nor end the judge.

A `CandidateProcess` is told which function to run, and `python -m parity.core.process` runs it.
Requests and answers are values that torch can write, and are read as data only. What the code
prints to stdout is dropped. A process that is silent for too long ends, with its stack on stderr.
"""

import faulthandler
import io
import os
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from operator import attrgetter
from pathlib import Path
from typing import IO, Any, Self

import torch

from parity.core.errors import CandidateCrashedError, CandidateError

LIMIT: float = 60
"""Seconds from one answer to the next; the longest answer of a correct candidate takes a few."""

Send = Callable[[Any], object]

_OURS = (Path(__file__).parents[1], Path(torch.__file__).parent)
_LAST_LINES = 30  # of what was written to stderr before the process ended


class CandidateProcess:
    """The asking end: a context manager that owns a folder, a log and the process.

    Args:
        limit: seconds that the code has from one answer to the next.

    Attributes:
        place: a temporary folder for files that both ends use.
    """

    place: Path

    def __init__(self, limit: float = LIMIT) -> None:
        self._limit = limit
        self._stack = ExitStack()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        folder = tempfile.TemporaryDirectory(prefix="parity.")
        self.place = Path(self._stack.enter_context(folder))
        self._log = self._stack.enter_context(tempfile.TemporaryFile())
        self._stack.callback(self._end)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def answers(self, function: Callable[..., None], **given: Any) -> Iterator[Any]:
        """Run a function in the process, and yield its answers as they come.

        A process that crashed is replaced when the next function is run.

        Args:
            function: at the top level of a module. It is given a function that sends an answer,
                and `given`.
            given: arguments that torch can write and read as data.

        Raises:
            CandidateError: the code is not what it must be.
            CandidateCrashedError: it raised, ended its process, or took too long.
        """
        if self._process is None:
            command, pipe = [sys.executable, "-m", "parity.core.process"], subprocess.PIPE
            self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=self._log)  # noqa: S603
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(BrokenPipeError):  # it has ended; the log says why
            _write(process.stdin, (address(function), self._limit, given))
        while message := _read(process.stdout):
            kind, value = message
            if kind == "answer":
                yield value
            elif kind == "done":
                return
            elif kind == "refused":
                raise CandidateError(*value)
            else:
                self._end()
                raise CandidateCrashedError(value)
        self._end()
        raise CandidateCrashedError(self._last_words(process.wait()))

    def kill(self) -> None:
        """End the process; another thread that waits for its answer sees it end."""
        if self._process is not None:
            self._process.kill()

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()

    def _last_words(self, code: int) -> str:
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").splitlines()
        if late := [number for number, line in enumerate(lines) if line.startswith("Timeout (")]:
            shown = [f"it took longer than {self._limit:g} s; it was at, the last call first:"]
            shown += lines[late[-1] + 1 :][:_LAST_LINES]
        else:
            wrote = "; the last it wrote:" if lines else " and wrote nothing"
            shown = [f"its process ended with code {code}{wrote}", *lines[-_LAST_LINES:]]
        return "\n".join(shown)


def serve() -> None:
    """Be the answering end, until there are no more requests."""
    requests = os.fdopen(os.dup(sys.stdin.fileno()), "rb")
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), sys.stdin.fileno())
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    while request := _read(requests):
        function, limit, given = request

        def send(kind: str, value: Any = None, seconds: float = limit) -> None:
            """Send with the clock stopped: the judge may be slow to read."""
            faulthandler.cancel_dump_traceback_later()
            _write(answers, (kind, value))
            faulthandler.dump_traceback_later(seconds, exit=True)

        faulthandler.dump_traceback_later(limit, exit=True)
        try:
            at_address(function)(lambda value, send=send: send("answer", value), **given)
        except CandidateError as error:
            send("refused", (str(error), str(error.verdict)))
        except (Exception, SystemExit) as error:
            send("crashed", crash_report(error))
        else:
            send("done")
        faulthandler.cancel_dump_traceback_later()


def address(function: Callable[..., Any]) -> str:
    """Return the name by which the other end finds a function or class."""
    return f"{function.__module__}:{function.__qualname__}"


def at_address(name: str) -> Any:
    """Return the function or class that has an `address`."""
    module, _, path = name.partition(":")
    __import__(module)
    return attrgetter(path)(sys.modules[module])


def _write(file: IO[bytes], message: Any) -> None:
    written = io.BytesIO()
    torch.save(message, written)
    file.write(written.tell().to_bytes(8, "big"))
    file.write(written.getbuffer())
    file.flush()


def _read(file: IO[bytes]) -> Any:
    """Return a message, or None where there are no more."""
    size = file.read(8)
    if len(size) < 8:
        return None
    return torch.load(io.BytesIO(file.read(int.from_bytes(size, "big"))), weights_only=True)


def crash_report(error: BaseException) -> str:
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


if __name__ == "__main__":
    serve()
