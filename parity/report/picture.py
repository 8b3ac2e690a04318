"""A report as a picture: its heat maps on the way forward and back."""

import math
from bisect import bisect_left
from pathlib import Path
from typing import TYPE_CHECKING

from parity.compare import Comparison
from parity.report.heat_map import STEPS, HeatMap, Mark, column_of, group_of
from parity.verdict import Report

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PICTURES = (".png", ".svg")

_CELL = 0.19  # inches
_TITLES = {
    "propagated": "from ids to outputs",
    "gradient": "gradients, on the way back",
    "published": "published numbers",
}
_EQUAL, _NO_NUMBERS = "#eef0f0", "#cfcfcf"
_HEAT = (
    *("#dbe9f6", "#b3d0ea", "#82b0d8", "#4f8dc1"),  # allowed
    *("#ffc98a", "#f58b2e", "#cc4c14", "#852200"),  # not
)
_SHAPES = {  # each a marker, and what it says
    Mark.BORN: ("D", "born: wrong though its input was right"),
    Mark.INHERITED: ("v", "inherited: wrong since its input was"),
    Mark.DIFFERS: ("x", "wrong, not judged alone"),
    Mark.SHAPE: ("s", "another shape"),
    Mark.DTYPE: ("p", "another dtype"),
    Mark.MISSING_OURS: ("_", "missing"),
    Mark.MISSING_THEIRS: ("+", "HuggingFace has none"),
    Mark.UNSUPPORTED: (".", "not compared"),
}


def draw(report: Report, place: Path, form: str) -> None:
    """Draw it.

    Args:
        report: whose rows are drawn.
        place: the file.
        form: "png" or "svg".
    """
    from matplotlib.figure import Figure

    heat_map = HeatMap(report.rows)
    lanes = [lane for lane in _TITLES if lane in heat_map.lanes]
    cells = {lane: [row for row in heat_map.rows if row.lane == lane] for lane in lanes}
    widths = [len({column_of(row) for row in cells[lane]}) for lane in lanes]
    tallest = max((len(heat_map.lanes[lane]) for lane in lanes), default=0)
    size = (max(8.0, 3.6 * len(lanes) + _CELL * sum(widths)), 3.6 + _CELL * tallest)
    figure = Figure(figsize=size, layout="constrained")
    figure.suptitle(_title(report), fontsize=11)
    if lanes:
        panels = figure.subplots(1, len(lanes), squeeze=False, width_ratios=widths)[0]
        for axes, lane in zip(panels, lanes, strict=True):
            _panel(axes, heat_map, lane, cells[lane])
            axes.set_title(_TITLES[lane], fontsize=9)
        _legend(figure, {heat_map.mark(row) for rows in cells.values() for row in rows})
    figure.savefig(place, format=form, dpi=120)


def _title(report: Report) -> str:
    about = report.environment.get("candidate", report.environment.get("checkpoint", ""))
    # A dollar would begin a formula.
    return f"{about}: {report.verdict.replace('_', ' ')}, {report.tally}".replace("$", r"\$")


def _panel(axes: "Axes", heat_map: HeatMap, lane: str, rows: list[Comparison]) -> None:
    from matplotlib.colors import to_rgb

    stages = heat_map.lanes[lane]
    columns = [*dict.fromkeys(column_of(row) for row in rows)]
    picture = [[(1.0, 1.0, 1.0)] * len(columns) for _ in stages]
    places: dict[Mark, list[tuple[int, int]]] = {}
    lines = {name: place for place, name in enumerate(stages)}
    for row in rows:
        x, y, mark = columns.index(column_of(row)), lines[row.name], heat_map.mark(row)
        picture[y][x] = to_rgb(_colour(row, mark))
        places.setdefault(mark, []).append((x, y))
    axes.imshow(picture, aspect="auto", interpolation="nearest")
    for mark, (shape, _) in _SHAPES.items():
        if mark in places:
            x_and_y = zip(*places[mark], strict=True)
            axes.scatter(*x_and_y, marker=shape, s=16, c="black", linewidths=0.8)
    names = [_plain(column.probe) for column in columns]
    axes.set_xticks(range(len(columns)), names, rotation=90, fontsize=7)
    axes.set_yticks(range(len(stages)), map(_plain, stages), fontsize=7)
    axes.tick_params(length=0)
    for line in range(1, len(stages)):
        if group_of(stages[line]) != group_of(stages[line - 1]):
            axes.axhline(line - 0.5, color="black", linewidth=0.5)
    for line in range(1, len(columns)):
        if columns[line].checkpoint != columns[line - 1].checkpoint:
            axes.axvline(line - 0.5, color="black", linewidth=1.5)
    checkpoints = [_plain(column.checkpoint) for column in columns]
    axes.set_xlabel(" | ".join(dict.fromkeys(checkpoints)), fontsize=8)


def _colour(row: Comparison, mark: Mark) -> str:
    if mark is Mark.EQUAL:
        return _EQUAL
    if mark not in (Mark.MATCH, Mark.BORN, Mark.INHERITED, Mark.DIFFERS):
        return _NO_NUMBERS
    return _HEAT[-1 if math.isnan(row.needed) else bisect_left(STEPS, row.needed)]


def _plain(name: str) -> str:
    return name.replace("$", r"\$")


def _legend(figure: "Figure", marks: set[Mark]) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Patch | Line2D] = [Patch(color=_EQUAL, label="equal bit for bit")]
    for colour, begin, end in zip(_HEAT, (0, *STEPS), (*STEPS, None), strict=True):
        label = f"to {end:g} of what is allowed" if end else f"above {begin:g}"
        handles.append(Patch(color=colour, label=label))
    for mark, (shape, text) in _SHAPES.items():
        if mark in marks:
            line = Line2D(
                [], [], marker=shape, label=text, color="black", linestyle="", markersize=4
            )
            handles.append(line)
    figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=7, frameon=False)
