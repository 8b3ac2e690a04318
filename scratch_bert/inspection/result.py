"""What every look inside has: a title, an explanation, and its data in four forms."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from rich.console import Console, ConsoleOptions, RenderableType

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_TITLE = 60  # characters of texts in it
Text = str | tuple[str, str]
Printed = Iterator[RenderableType]


class Inspection(ABC):
    """What was seen. Rich prints it.

    Attributes:
        title: of what.
        explanation: what the numbers are.
    """

    title: str
    explanation: ClassVar[str]

    @property
    def details(self) -> Mapping[str, str]:
        """What there is to say of its parts, by their names."""
        return {}

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""

    @abstractmethod
    def figure(self) -> "Figure":
        """Draw it. Needs matplotlib, which `scratch-bert[inspection]` brings."""

    @abstractmethod
    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Printed: ...


def title_of(what: str, *texts: Text) -> str:
    """Name a look inside by the texts it is of.

    >>> title_of("attention", ("One.", "Two."))
    'attention: One. | Two.'
    """
    return f"{what}: {shortened(*texts)}"


def shortened(*texts: Text) -> str:
    """Write texts, or as much of them as a title has room for."""
    whole = " / ".join(" | ".join(text) if isinstance(text, tuple) else text for text in texts)
    whole = whole if len(whole) <= _TITLE else f"{whole[: _TITLE - 1]}…"
    return whole or "(empty)"
