"""Pictures of attention: one head, or all heads of a layer; with another BERT's beside it."""

from math import ceil

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from torch import Tensor

from scratch_bert.inspection.attentions import AttentionMaps
from scratch_bert.inspection.figures import (
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


def draw(maps: AttentionMaps) -> Figure:
    """Draw what is chosen, and below it where [CLS] looks."""
    panels = _panels(maps)
    inches = extent(len(maps.tokens), 14.0 if len(panels) > 1 else 22.0)
    heads = maps.ours.shape[1]
    side = inches + 0.9 if maps.head is not None else min(max(inches, 6.0), 12.0)
    tall = side if maps.head is not None else side * ceil(heads / _COLUMNS) / min(heads, _COLUMNS)
    figure = new_figure(side * len(panels), tall + 3.0, f"{maps.shown}, {maps.title}")
    above, below = figure.subfigures(2, 1, height_ratios=[tall, 2.6], squeeze=False)[:, 0]
    places = above.subfigures(1, len(panels), squeeze=False)[0]
    for place, (name, numbers) in zip(places, panels.items(), strict=True):
        _draw_panel(place, name, numbers, maps, inches)
    _draw_cls(below.add_subplot(), maps, side * len(panels) - 1.0)
    return figure


def _panels(maps: AttentionMaps) -> dict[str, Tensor | None]:
    """What stands side by side: (heads, seq, seq) each; None where there is no difference."""
    chosen = slice(None) if maps.head is None else slice(maps.head, maps.head + 1)

    def shown(numbers: Tensor) -> Tensor:
        return numbers[maps.layer, chosen]

    if maps.theirs is None or maps.difference is None:
        return {"": shown(maps.ours)}
    difference = shown(maps.difference)
    equal = torch.equal(shown(maps.ours), shown(maps.theirs))
    return {
        "ours": shown(maps.ours),
        "HuggingFace": shown(maps.theirs),
        "ours - HuggingFace": None if equal else difference,
    }


def _draw_panel(
    place: SubFigure, name: str, numbers: Tensor | None, maps: AttentionMaps, inches: float
) -> None:
    place.suptitle(name, fontsize=10)
    if numbers is None:
        says = f"no difference:\n{maps.verdict}"
        place.text(0.5, 0.5, says, ha="center", va="center", fontsize=11)
        return
    differs = bool((numbers < 0).any())
    most = float(numbers.abs().max())
    colours, scale = (COSINES, around_zero(most)) if differs else (SHARES, up_to(most))
    if len(numbers) == 1 and maps.head is not None:
        axes = place.add_subplot()
        image = heat(axes, numbers[0], colours, scale)
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
        image = heat(axes, numbers[head], colours, scale, f"head {head}")
        axes.set(xticks=(), yticks=())
    place.colorbar(image, ax=grid.tolist(), pad=0.02, aspect=40)


def _draw_cls(axes: Axes, maps: AttentionMaps, inches: float) -> None:
    of = "in the mean of all heads" if maps.head is None else f"in head {maps.head}"
    axes.bar(range(len(maps.tokens)), maps.cls_row.float().numpy(), color="tab:blue")
    axes.set_title(f"where {maps.tokens[0]} looks, {of}", fontsize=9)
    axes.set(ylabel="share", xlim=(-0.6, len(maps.tokens) - 0.4))
    token_ticks(axes.xaxis, maps.tokens, inches)
