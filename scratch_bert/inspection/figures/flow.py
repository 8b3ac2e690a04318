"""A picture of a text's way into BERT: words over their pieces, these over ids and places."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from scratch_bert.inspection.figures.common import label, new_figure
from scratch_bert.inspection.flow import TokenFlow

_LINE = 110  # characters side by side
_TITLE = 0.4  # inches
_CHARACTER, _ROW = 0.077, 0.21  # inches, at this size of the font:
_FONT: dict[str, Any] = {"family": "monospace", "fontsize": 8}
_COLORS = {"special": "#e4e4e4", "unknown": "#ffd08a", 0: "#cfe3f7", 1: "#f3d9ef"}


class _Cell(NamedTuple):
    """A token, and above it, where a word begins, the word."""

    token: str
    rows: tuple[str, ...]  # below it
    word: tuple[str, str] | None  # of the text, and normalized
    kind: str | int
    width: int


def draw(flow: TokenFlow) -> Figure:
    """Draw a flow, in as many lines as it takes."""
    lines = [*_lines(flow)]
    names = ["text", "normalized", "pieces", "ids", *flow.if_pair("segment"), "chars"]
    margin = max(map(len, names)) + 1
    height = len(lines) * (len(names) + 1)
    figure = new_figure((margin + _LINE) * _CHARACTER, _TITLE + height * _ROW, flow.title)
    figure.set_layout_engine("none")  # all has its place
    whole = figure.get_figheight()
    figure.suptitle(figure.get_suptitle(), y=1 - _TITLE / 4 / whole, fontsize=11)
    axes = figure.add_axes((0, 0, 1, 1 - _TITLE / whole))
    axes.set(xlim=(-margin, _LINE), ylim=(height, 0))
    axes.axis("off")
    for number, line in enumerate(lines):
        top = number * (len(names) + 1)
        for row, name in enumerate(names):
            axes.text(-1, top + row + 0.5, name, ha="right", va="center", color="gray", **_FONT)
        _draw_line(axes, line, top)
    return figure


def _draw_line(axes: Axes, line: list[_Cell], top: int) -> None:
    def write(x: float, row: int, text: str, side: str = "center") -> None:
        axes.text(x, top + row + 0.5, text, ha=side, va="center", **_FONT)

    left = 0
    for cell in line:
        place = left, top + 2.06
        box = Rectangle(place, cell.width - 0.3, 0.88, color=_COLORS[cell.kind], linewidth=0)
        axes.add_patch(box)
        middle = left + (cell.width - 0.3) / 2
        write(middle, 2, cell.token)
        for row, text in enumerate(cell.rows):
            write(middle, 3 + row, text)
        if cell.word is not None:
            for row, text in enumerate(cell.word):
                write(left + 0.2, row, text, side="left")
        left += cell.width


def _lines(flow: TokenFlow) -> Iterator[list[_Cell]]:
    line: list[_Cell] = []
    for cell in _cells(flow):
        if line and sum(each.width for each in line) + cell.width > _LINE:
            yield line
            line = []
        line.append(cell)
    yield line


def _cells(flow: TokenFlow) -> Iterator[_Cell]:
    words = [
        ((each.text[word.start : word.end], word.text), piece, len(word.pieces))
        for each in flow.texts
        for word in each.words
        for piece in range(len(word.pieces))
    ]
    inside = iter(words)
    number = 0
    for i, token in enumerate(flow.tokens):
        start, end = flow.offsets[i]
        segment = flow.if_pair(str(flow.token_type_ids[i]))
        rows = (str(flow.input_ids[i]), *segment, f"{start}:{end}" if end else "")
        word: tuple[str, str] | None = None
        kind: str | int = "special"
        share = 0
        if end:  # no text has a token before its first character
            whole, place, pieces = next(inside)
            if place == 0:
                number += 1
            kind = "unknown" if flow.input_ids[i] == flow.unknown_id else number % 2
            shown = label(whole[0], "monospace"), label(whole[1], "monospace")
            word = shown if place == 0 else None
            share = -(-(max(map(len, shown)) + 1) // pieces)
        shown_token = label(token, "monospace")
        width = max(len(shown_token), *map(len, rows), share) + 1
        yield _Cell(shown_token, rows, word, kind, width)
