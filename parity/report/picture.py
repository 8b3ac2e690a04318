"""A report as a picture: its heat map."""

import math
from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from parity.core.compare import Comparison
from parity.core.verdict import Report
from parity.report.heat_map import STEPS, Column, HeatMap, Mark, column_of, group_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PICTURES = (".png", ".svg")

_CELL = 0.16  # inches
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
    """Draw the first lane in which something is wrong, or the first of all.

    Args:
        report: whose rows are drawn.
        place: the file.
        form: "png" or "svg".
    """
    from matplotlib.figure import Figure

    heat_map = HeatMap(report.rows)
    lanes = [lane for lane in _TITLES if lane in heat_map.lanes]
    wrong = {row.lane for row in heat_map.rows if not row.passed}
    lane = next((lane for lane in lanes if lane in wrong), lanes[0] if lanes else "")
    rows = [row for row in heat_map.rows if row.lane == lane]
    columns = [*dict.fromkeys(column_of(row) for row in rows)]
    stages = heat_map.lanes.get(lane, [])
    size = (max(7.0, 3.6 + _CELL * len(columns)), 3.4 + _CELL * len(stages))
    figure = Figure(figsize=size, layout="constrained")
    figure.suptitle(_title(report), fontsize=10)
    if rows:
        axes = figure.subplots()
        axes.set_title(_TITLES[lane], fontsize=8)
        _cells(axes, heat_map, rows, stages, columns)
        _names(axes, stages, columns)
        _legend(figure, {heat_map.mark(row) for row in rows})
    figure.savefig(place, format=form, dpi=120)


def _title(report: Report) -> str:
    about = report.environment.get("candidate", report.environment.get("checkpoint", ""))
    return _plain(f"{about}\n{report.verdict.replace('_', ' ')}: {report.tally}")


def _cells(
    axes: "Axes",
    heat_map: HeatMap,
    rows: Sequence[Comparison],
    stages: Sequence[str],
    columns: Sequence[Column],
) -> None:
    from matplotlib.colors import to_rgb

    picture = [[(1.0, 1.0, 1.0)] * len(columns) for _ in stages]
    marked: dict[tuple[str, str], list[tuple[int, int]]] = {}
    lines = {name: place for place, name in enumerate(stages)}
    for row in rows:
        x, y, mark = columns.index(column_of(row)), lines[row.name], heat_map.mark(row)
        color = _color(row, mark)
        picture[y][x] = to_rgb(color)
        if mark in _SHAPES:
            ink = "white" if color in _HEAT[-2:] else "black"
            marked.setdefault((_SHAPES[mark][0], ink), []).append((x, y))
    for (shape, ink), places in marked.items():
        across, down = zip(*places, strict=True)
        axes.scatter(across, down, marker=shape, s=14, c=ink, linewidths=0.8)
    axes.imshow(picture, aspect="auto", interpolation="nearest")


def _names(axes: "Axes", stages: Sequence[str], columns: Sequence[Column]) -> None:
    """Name stages and inputs, and draw lines between layers and between checkpoints."""
    probes = [_plain(column.probe) for column in columns]
    axes.set_xticks(range(len(columns)), probes, rotation=90, fontsize=6.5)
    axes.set_yticks(range(len(stages)), map(_plain, stages), fontsize=6.5)
    axes.tick_params(length=0)
    for line, (above, below) in enumerate(pairwise(stages)):
        if group_of(above) != group_of(below):
            axes.axhline(line + 0.5, color="black", linewidth=0.5)
    for line, (left, right) in enumerate(pairwise(columns)):
        if left.checkpoint != right.checkpoint:
            axes.axvline(line + 0.5, color="black", linewidth=1.5)
    checkpoints = dict.fromkeys(column.checkpoint for column in columns)
    axes.set_xlabel(_plain(" | ".join(checkpoints)), fontsize=7)


def _color(row: Comparison, mark: Mark) -> str:
    if mark is Mark.EQUAL:
        return _EQUAL
    if mark not in (Mark.MATCH, Mark.BORN, Mark.INHERITED, Mark.DIFFERS, Mark.NOTE):
        return _NO_NUMBERS
    return _HEAT[-1 if math.isnan(row.needed) else bisect_left(STEPS, row.needed)]


def _plain(text: str) -> str:
    """A dollar would begin a formula, and half a character is none."""
    return text.replace("$", r"\$").encode(errors="replace").decode()


def _legend(figure: "Figure", marks: set[Mark]) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Patch | Line2D] = [Patch(color=_EQUAL, label="equal bit for bit")]
    for color, begin, end in zip(_HEAT, (0, *STEPS), (*STEPS, None), strict=True):
        share = f"to {end:g}" if end else f"above {begin:g}"
        label = f"{share} of what is allowed" if begin < 1 else f"{share} times that"
        handles.append(Patch(color=color, label=label))
    for mark, (shape, text) in _SHAPES.items():
        if mark in marks:
            line = Line2D(
                [], [], marker=shape, label=text, color="black", linestyle="", markersize=4
            )
            handles.append(line)
    figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=7, frameon=False)
