"""A picture of [CLS] on its way: cosines, the path in two dimensions, and words on the way."""

from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scratch_bert.inspection.evolution import ClsEvolution
from scratch_bert.inspection.figures.common import SHARES, label, new_figure
from scratch_bert.inspection.result import shortened

_COLORS = 10  # that differ visibly; with more texts the legend has only the first and the last
_NUMBERED = 3  # texts whose layers are numbered


def draw(evolution: ClsEvolution) -> Figure:
    """Draw cosines and path side by side, and below them what the head of masked words reads."""
    layers = evolution.states.shape[1]
    lens = 0.0 if evolution.lenses is None else 1.2 + 0.24 * layers
    heights = [4.2 + 0.1 * min(len(evolution.texts), _COLORS), *([lens] if lens else [])]
    columns = _columns(evolution)
    width = max(11.0, 1.3 * len(columns) + 1.0)
    figure = new_figure(width, sum(heights) + 0.5, evolution.title)
    above, *below = figure.subfigures(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
    cosines, path = above.subplots(1, 2)
    _draw_cosines(cosines, evolution)
    _draw_path(path, evolution)
    named = cosines.get_legend_handles_labels()
    above.legend(*named, loc="outside lower left", ncols=2, fontsize=8, frameon=False)
    for place in below:
        _draw_words(place.add_subplot(), columns)
    return figure


def _color(evolution: ClsEvolution, place: int) -> tuple[float, ...]:
    count = len(evolution.texts)
    if count <= _COLORS:
        return colormaps["tab10"](place)
    return colormaps["viridis"](place / (count - 1))


def _draw_cosines(axes: Axes, evolution: ClsEvolution) -> None:
    count, layers = evolution.states.shape[:2]
    for place, text in enumerate(evolution.texts):
        color = _color(evolution, place)
        name = f"{place + 1}  {label(shortened(text), longest=70)}"
        if count > _COLORS and 0 < place < count - 1:
            name = "_"  # which no legend shows
        last = evolution.to_last[place].float().numpy()
        axes.plot(range(layers), last, "o-", color=color, label=name)
        between = [layer + 0.5 for layer in range(layers - 1)]
        axes.plot(between, evolution.to_next[place].float().numpy(), "s:", color=color, ms=4)
    axes.set_title("cosine to the last layer (lines), to the next (dots, in between)", fontsize=9)
    axes.set(xlabel="layer", xticks=range(layers))
    axes.grid(alpha=0.3)


def _draw_path(axes: Axes, evolution: ClsEvolution) -> None:
    layers = evolution.states.shape[1]
    for place, points in enumerate(evolution.path):
        color = _color(evolution, place)
        axes.plot(*points.T.numpy(), ".-", color=color, lw=1)
        for layer in range(layers) if place < _NUMBERED else ():
            axes.annotate(
                str(layer),
                points[layer].tolist(),
                xytext=(3, 3),
                textcoords="offset points",
                color=color,
                fontsize=8,
            )
    first, second = evolution.explained
    axes.set_title("path, by its two principal components", fontsize=9)
    axes.set(xlabel=f"first ({first:.0%} of the variance)", ylabel=f"second ({second:.0%})")
    axes.grid(alpha=0.3)


def _columns(evolution: ClsEvolution) -> list[tuple[str, list[tuple[str, float]]]]:
    """What is written for each layer: of one text its best words, of several the best of each."""
    if evolution.lenses is None:
        return []
    if len(evolution.lenses) == 1:
        (lens,) = evolution.lenses
        ranks = zip(*lens.guesses, strict=True)
        head = f"read at {label(lens.token)} {lens.place}: best"
        return [(f"{rank}" if rank > 1 else head, [*some]) for rank, some in enumerate(ranks, 1)]
    return [
        (f"text {place}, {label(lens.token)}", [some[0] for some in lens.guesses])
        for place, lens in enumerate(evolution.lenses, 1)
    ]


def _draw_words(axes: Axes, columns: list[tuple[str, list[tuple[str, float]]]]) -> None:
    shares = [[share for _, share in column] for _, column in columns]
    image = axes.imshow(
        [*zip(*shares, strict=True)], cmap=SHARES, vmin=0.0, vmax=1.0, aspect="auto"
    )
    for x, (_, column) in enumerate(columns):
        for y, (word, share) in enumerate(column):
            color = "white" if share > 0.5 else "black"
            text = f"{label(word, longest=14)} {share:.1%}"
            axes.text(x, y, text, ha="center", va="center", color=color, fontsize=7)
    axes.set_title("what the head of masked words reads in each layer", fontsize=9)
    axes.set_xticks(range(len(columns)), [name for name, _ in columns], fontsize=8)
    axes.set(ylabel="layer", yticks=range(len(shares[0])))
    axes.figure.colorbar(image, ax=axes, pad=0.01, aspect=20)
