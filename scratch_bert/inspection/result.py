"""What every inspection has: a title, an explanation, and its data as JSON and on a terminal."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from rich.console import Console, ConsoleOptions, RenderableType

_TITLE = 60  # characters of texts in it
TextOrPair = str | tuple[str, str]
Printed = Iterator[RenderableType]


class Inspection(ABC):
    """What was computed of some texts. Rich prints it, `figures.draw` draws it.

    Attributes:
        title: its kind, and the texts.
        explanation: what the numbers mean.
    """

    title: str
    explanation: ClassVar[str]

    @property
    def details(self) -> Mapping[str, str]:
        """A sentence about each of its parts, by the part's name."""
        return {}

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""

    @abstractmethod
    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Printed: ...


def title_of(what: str, *texts: TextOrPair) -> str:
    """Name an inspection by its texts.

    >>> title_of("attention", ("One.", "Two."))
    'attention: One. | Two.'
    """
    return f"{what}: {shortened(*texts)}"


def shortened(*texts: TextOrPair) -> str:
    """Write texts, cut to what a title has room for."""
    whole = " / ".join(" | ".join(text) if isinstance(text, tuple) else text for text in texts)
    whole = whole if len(whole) <= _TITLE else f"{whole[: _TITLE - 1]}…"
    return whole or "(empty)"
