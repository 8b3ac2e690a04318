"""Who answers a suite's questions: a candidate here, or one in a process of its own.

A suite's questions are about values that torch can write. A method of its `Answering` answers each,
or in inference the candidate's own method.
"""

from typing import Any, ClassVar, Protocol


class Asked(Protocol):
    """A candidate that answers questions, wherever it is.

    Attributes:
        name: what to call it in reports, and how to give it again.
    """

    name: str

    def has(self) -> list[str]:
        """Return which of the suite's methods it has."""
        ...

    def ask(self, what: str, **given: Any) -> Any:
        """Have one of the suite's questions answered."""
        ...


class Answering:
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

    def ask(self, what: str, **given: Any) -> Any:
        """Answer a question: a method of this class that is called so, with an underscore."""
        return getattr(self, f"_{what}")(**given)
