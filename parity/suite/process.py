"""A candidate that a suite judges, in a process of its own."""

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import torch

from parity.core.errors import CandidateCrashedError
from parity.core.process import Process
from parity.suite.candidate import Answering
from parity.suite.worker import ANSWER, QUESTION

_LIMIT = 300  # seconds for one answer; the longest takes one or two


class SuiteProcess:
    """Answers what `answering` does; to be entered first.

    Args:
        name: the candidate's.
        answering: answers for it, there.
    """

    def __init__(self, name: str, answering: type[Answering]) -> None:
        self.name = name
        self._answering = answering
        self._process: Process | None = None
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        self._log = self._stack.enter_context(tempfile.TemporaryFile())
        self._stack.callback(self._end)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def has(self) -> list[str]:
        """Return which of the suite's methods it has.

        Raises:
            CandidateError: there is no such candidate.
            CandidateCrashedError: its file raised.
        """
        return self._asked("has")[0]["has"]

    def ask(self, what: str, **given: Any) -> Any:
        """Have a question answered; a process that crashed is replaced for the next.

        Raises:
            CandidateError: it is not what a candidate must be.
            CandidateCrashedError: its own code raised, ended, or took too long.
        """
        torch.save(given, self._folder / QUESTION)
        self._asked(what)
        return torch.load(self._folder / ANSWER, weights_only=True)

    def kill(self) -> None:
        """End the process; who waits for its answer is told that it crashed."""
        if self._process is not None:
            self._process.kill()

    def _asked(self, what: str) -> list[dict[str, Any]]:
        if self._process is None:
            self._process = Process("parity.suite.worker", self._log)
        answering = {"module": self._answering.__module__, "answering": self._answering.__name__}
        request = {
            "candidate": self.name,
            "folder": str(self._folder),
            "limit": _LIMIT,
            **answering,
        }
        try:
            return [*self._process.ask({**request, "what": what})]
        except CandidateCrashedError:
            self._end()
            raise

    def _end(self) -> None:
        if self._process is not None:
            self._process.close()
            self._process = None
