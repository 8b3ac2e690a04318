"""Pictures of attention: one head, or all heads of a layer; with another BERT's beside it."""

from math import ceil
from textwrap import fill
from typing import NamedTuple

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from torch import Tensor

from scratch_bert.inspection.attentions import AttentionMaps
from scratch_bert.inspection.figures.common import (
    COSINES,
    SHARES,
    around_zero,
    extent,
    heat,
    new_figure,
    token_ticks,
    up_to,
)

_COLUMNS = 4  # of a layer's heads
_WORDS = 3.6  # inches, of what is said where there is nothing to draw


class _Panel(NamedTuple):
    """One of what stands side by side.

    Attributes:
        name: over it.
        numbers: (heads, seq, seq); None where there is no difference.
        colors: from 0 up, or around 0.
    """

    name: str
    numbers: Tensor | None
    colors: str


def draw(maps: AttentionMaps) -> Figure:
    """Draw what is chosen, and below it where [CLS] looks."""
    panels = _panels(maps)
    inches = extent(len(maps.tokens), 14.0 if len(panels) > 1 else 22.0)
    heads = maps.ours.shape[1]
    side = inches + 0.9 if maps.head is not None else min(max(inches, 6.0), 12.0)
    tall = side if maps.head is not None else side * ceil(heads / _COLUMNS) / min(heads, _COLUMNS)
    widths = [side if panel.numbers is not None else _WORDS for panel in panels]
    figure = new_figure(sum(widths), tall + 3.0, f"{maps.shown}, {maps.title}")
    above, below = figure.subfigures(2, 1, height_ratios=[tall, 2.6], squeeze=False)[:, 0]
    places = above.subfigures(1, len(panels), width_ratios=widths, squeeze=False)[0]
    for place, panel in zip(places, panels, strict=True):
        _draw_panel(place, panel, maps, inches)
    _draw_cls(below.add_subplot(), maps, sum(widths) - 1.0)
    return figure


def _panels(maps: AttentionMaps) -> list[_Panel]:
    chosen = slice(None) if maps.head is None else slice(maps.head, maps.head + 1)
    ours = maps.ours[maps.layer, chosen]
    if maps.theirs is None:
        return [_Panel("", ours, SHARES)]
    theirs = maps.theirs[maps.layer, chosen]
    difference = None if torch.equal(ours, theirs) else ours - theirs
    return [
        _Panel("ours", ours, SHARES),
        _Panel("HuggingFace", theirs, SHARES),
        _Panel("ours - HuggingFace", difference, COSINES),
    ]


def _draw_panel(place: SubFigure, panel: _Panel, maps: AttentionMaps, inches: float) -> None:
    name, numbers, colors = panel
    place.suptitle(name, fontsize=10)
    if numbers is None:
        says = f"none here; over all:\n{fill(str(maps.verdict), 36)}"
        place.text(0.5, 0.5, says, ha="center", va="center", fontsize=11)
        return
    most = float(numbers.abs().max())
    scale = around_zero(most) if colors == COSINES else up_to(most)
    if len(numbers) == 1 and maps.head is not None:
        axes = place.add_subplot()
        image = heat(axes, numbers[0], colors, scale)
        axes.set(xlabel="is looked at", ylabel="looks")
        for axis in (axes.xaxis, axes.yaxis):
            token_ticks(axis, maps.tokens, inches)
        place.colorbar(image, ax=axes, pad=0.02, aspect=40)
        return
    columns = min(len(numbers), _COLUMNS)
    grid = place.subplots(ceil(len(numbers) / columns), columns, squeeze=False).flatten()
    for head, axes in enumerate(grid):
        if head >= len(numbers):
            axes.axis("off")
            continue
        image = heat(axes, numbers[head], colors, scale, f"head {head}")
        axes.set(xticks=(), yticks=())
    place.colorbar(image, ax=grid.tolist(), pad=0.02, aspect=40)


def _draw_cls(axes: Axes, maps: AttentionMaps, inches: float) -> None:
    of = "in the mean of all heads" if maps.head is None else f"in head {maps.head}"
    axes.bar(range(len(maps.tokens)), maps.cls_row.float().numpy(), color="tab:blue")
    axes.set_title(f"where {maps.tokens[0]} looks, {of}", fontsize=9)
    axes.set(ylabel="share", xlim=(-0.6, len(maps.tokens) - 0.4))
    token_ticks(axes.xaxis, maps.tokens, inches)
