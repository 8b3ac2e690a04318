"""A text's pieces as a row of a batch holds them."""

from collections.abc import Callable
from typing import Any, NamedTuple

from scratch_bert.tokenization.interface.inputs import Text

Span = tuple[int, int]


class Details(NamedTuple):
    """A text's pieces, column by column.

    Attributes:
        ids: as in the vocabulary.
        tokens: the pieces themselves.
        offsets: start and end in the text; where it came as words, in that word.
        words: which word of the text.
    """

    ids: tuple[int, ...]
    tokens: tuple[str, ...]
    offsets: tuple[Span, ...]
    words: tuple[int, ...]


class Pieces:
    """A text's ids; where they come from is worked out when somebody asks.

    What it keeps are tuples of plain values, which the garbage collector soon leaves alone.

    Args:
        ids: of its pieces.
        text: the text, or its words.
        work_out: tells the rest from the text.
        details: the rest, where it is known.
    """

    __slots__ = ("_details", "_text", "_work_out", "ids")

    def __init__(
        self,
        ids: tuple[int, ...],
        text: Text,
        work_out: Callable[[Text], Details] | None,
        details: Details | None = None,
    ) -> None:
        self.ids = ids
        self._text = text
        self._work_out = work_out
        self._details = None if details is None else tuple(details)

    def __reduce__(self) -> tuple[Any, ...]:
        return Pieces, (self.ids, self._text, None, self.details)

    @property
    def details(self) -> Details:
        """All its columns."""
        if self._details is None:
            assert self._work_out is not None
            self._details = tuple(self._work_out(self._text))
        return Details._make(self._details)
