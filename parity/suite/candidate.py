"""A candidate that a suite judges, in this process or in one of its own.

A suite's questions are methods of its subclass of `LocalCandidate`. Their arguments and answers are
values that torch can write and read as data.
"""

from collections.abc import Callable
from typing import Any, ClassVar, Protocol, TypeVar

import torch

from parity.core.import_by_name import load_maker
from parity.core.process import CandidateProcess, Send, address, at_address

Answer = TypeVar("Answer")


class SuiteCandidate(Protocol):
    """A candidate that answers questions, wherever it is.

    Attributes:
        name: what to call it in reports, and how to give it again.
    """

    name: str

    def has(self) -> list[str]:
        """Return which of the suite's methods it has."""
        ...

    def ask(self, question: Callable[..., Answer], **given: Any) -> Answer:
        """Have one of the suite's questions answered: a method of its `LocalCandidate`."""
        ...


class LocalCandidate:
    """A candidate in this process.

    Args:
        maker: an object with some of METHODS.
        name: what to call it.

    Attributes:
        METHODS: those that a candidate may have.
    """

    METHODS: ClassVar[tuple[str, ...]]

    def __init__(self, maker: Any, name: str) -> None:
        self.name = name
        self._maker = maker

    def has(self) -> list[str]:
        """Return which of METHODS it has."""
        return [name for name in self.METHODS if hasattr(self._maker, name)]

    def ask(self, question: Callable[..., Answer], **given: Any) -> Answer:
        """Answer a question: a method of this class."""
        return question(self, **given)


class SuiteProcess(CandidateProcess):
    """A candidate in a process of its own.

    Args:
        name: the candidate's.
        local_class: the class that answers for the candidate there.
    """

    def __init__(self, name: str, local_class: type[LocalCandidate]) -> None:
        super().__init__()
        self.name = name
        self._local_class = local_class

    def has(self) -> list[str]:
        """Return which of the suite's methods it has.

        Raises:
            CandidateError: there is no such candidate.
            CandidateCrashedError: its file raised.
        """
        return self.ask(self._local_class.has)

    def ask(self, question: Callable[..., Answer], **given: Any) -> Answer:
        """Have a question answered; a process that crashed is replaced for the next.

        Raises:
            CandidateError: it is not what a candidate must be.
            CandidateCrashedError: its own code raised, ended, or took too long.
        """
        kind, method = address(self._local_class), address(question)
        (answer,) = self.answers(
            answer_question, name=self.name, kind=kind, method=method, given=given
        )
        return answer


def answer_question(send: Send, name: str, kind: str, method: str, given: dict[str, Any]) -> None:
    """Send a candidate's answer.

    Args:
        send: sends it.
        name: the candidate's.
        kind: the address of the class that answers for it.
        method: the address of the question.
        given: the question's arguments.
    """
    torch.set_num_threads(1)  # as the judge; small runs, whose threads would wait for each other
    send(at_address(method)(at_address(kind)(load_maker(name, needs_build=False), name), **given))
