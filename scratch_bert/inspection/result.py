"""What every look inside has: a title, an explanation, and its data in four forms."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from rich.console import Console, ConsoleOptions, RenderResult

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Text = str | tuple[str, str]


class Inspection(ABC):
    """What was seen. Rich prints it.

    Attributes:
        title: of what.
        explanation: what the numbers are.
    """

    title: str
    explanation: ClassVar[str]

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""

    @abstractmethod
    def figure(self) -> "Figure":
        """Draw it. Needs matplotlib, which `scratch-bert[inspection]` brings."""

    @abstractmethod
    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult: ...


def title_of(what: str, *texts: Text) -> str:
    """Name a look inside by the texts it is of, or their beginnings.

    >>> title_of("attention", ("One.", "Two."))
    'attention: One. | Two.'
    """
    whole = " / ".join(" | ".join(text) if isinstance(text, tuple) else text for text in texts)
    return f"{what}: {whole if len(whole) <= 60 else whole[:59] + '…'}"
