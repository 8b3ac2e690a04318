"""Texts on a terminal: a line, words beside each other, and the places of pieces under a text."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from rich.cells import cell_len
from rich.text import Text

from scratch_bert.terminal import visible

_COLORS = ("cyan", "magenta")  # of neighboring words


def line(text: str) -> Text:
    """Write a text."""
    return Text(visible(text)) if text else Text("(empty)", "dim")


def joined(words: Iterable[Sequence[str]]) -> Text:
    """Write words, each as the parts that it has, beside each other."""
    styled = [Text(" ".join(map(visible, word)), _COLORS[i % 2]) for i, word in enumerate(words)]
    return Text(" | ", "dim").join(styled) if styled else Text("(none)", "dim")


def under(text: str, spans: Sequence[tuple[int, int]], width: int) -> Iterator[Text]:
    """Draw a bracket under each span of a text, and a ruler over it."""
    for columns in _wrapped(text, spans, width):
        yield Text(_ruler(columns), "dim")
        yield Text("".join(column.shown for column in columns))
        yield Text("".join(column.mark for column in columns), "cyan")


class _Column(NamedTuple):
    """A character of the text, and what is under it."""

    place: int
    shown: str
    mark: str


def _wrapped(text: str, spans: Sequence[tuple[int, int]], width: int) -> Iterator[list[_Column]]:
    """Cut a text into lines of this width, with a bracket under each span."""
    marks = {}
    for start, end in spans:
        cells = [cell_len(visible(char)) for char in text[start:end]]
        whole = sum(cells)
        bracket = "╵" if whole == 1 else f"└{'─' * (whole - 2)}┘"
        for place, size in enumerate(cells, start):
            marks[place], bracket = bracket[:size], bracket[size:]
    line: list[_Column] = []
    used = 0
    for place, char in enumerate(text):
        shown = visible(char)
        size = cell_len(shown)
        if used + size > width:
            yield line
            line, used = [], 0
        line.append(_Column(place, shown, marks.get(place, " " * size)))
        used += size
    if line:
        yield line


def _ruler(line: Sequence[_Column]) -> str:
    """Write over a line's beginning, and over every tenth character, where in the text it is."""
    ruler, at = "", 0
    for column in line:
        if column is line[0] or (column.place % 10 == 0 and len(ruler) < at):
            ruler = f"{ruler:<{at}}{column.place}"
        at += cell_len(column.shown)
    return ruler
