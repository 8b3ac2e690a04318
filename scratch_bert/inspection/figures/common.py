"""What the pictures have in common: sizes, colors, tokens beside axes, and files."""

import io
import re
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from math import ceil

import matplotlib
from matplotlib.axes import Axes
from matplotlib.axis import Axis, XAxis
from matplotlib.colors import Normalize, PowerNorm
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.image import AxesImage
from torch import Tensor

from scratch_bert.terminal import visible

SHARES, COSINES = "Blues", "RdBu_r"  # color maps: from 0 up; around 0
_METADATA = ("Creator", "Date", "Format", "Type")  # of an SVG, which are left out
_LONGEST = 24  # characters of a label
_LABEL = 0.11  # inches that one takes beside an axis


def new_figure(width: float, height: float, title: str) -> Figure:
    """Begin a figure of this size, in inches."""
    figure = Figure(figsize=(width, height), layout="constrained")
    figure.suptitle(label(title, longest=round(width * 9)), fontsize=11)
    return figure


def extent(tokens: int, most: float = 22.0) -> float:
    """Return how many inches this many tokens take."""
    return min(most, max(3.2, 0.2 * tokens))


@cache
def _glyphs(family: str | None) -> frozenset[int]:
    return frozenset(get_font(findfont(FontProperties(family=family))).get_charmap())


def label(text: str, family: str | None = None, longest: int = _LONGEST) -> str:
    r"""Write a text so that matplotlib can draw it: what the font lacks by its number.

    >>> print(label("東 costs 5$"), label("a" * 30))
    U+6771 costs 5\$ aaaaaaaaaaaaaaaaaaaaaaa…

    Args:
        text: any.
        family: of fonts; None is matplotlib's setting.
        longest: characters that are shown.
    """
    glyphs = _glyphs(family)
    shown = "".join(char if ord(char) in glyphs else f"U+{ord(char):04X}" for char in visible(text))
    shown = shown if len(shown) <= longest else f"{shown[: longest - 1]}…"
    return shown.replace("$", r"\$")  # which is no mathematics


def token_ticks(axis: Axis, tokens: Sequence[str], inches: float) -> None:
    """Write tokens beside an axis of this length, as many as there is room for."""
    step = ceil(len(tokens) * _LABEL / inches)
    places = range(0, len(tokens), step)
    axis.set_ticks(places, [label(tokens[place]) for place in places], fontsize=7)
    if isinstance(axis, XAxis):
        axis.set_tick_params(rotation=90)


def heat(axes: Axes, numbers: Tensor, colors: str, scale: Normalize, title: str = "") -> AxesImage:
    """Draw a matrix, whatever its shape, over all of the axes."""
    axes.set_title(title, fontsize=9)
    return axes.imshow(
        numbers.float().numpy(), cmap=colors, norm=scale, aspect="auto", interpolation="nearest"
    )


def around_zero(most: float) -> Normalize:
    """Return the scale from -most to most."""
    return Normalize(-most, most)


def up_to(most: float) -> Normalize:
    """Return a scale from 0 on which small shares can be told apart, too: their square roots'."""
    return PowerNorm(0.5, 0.0, most)


def render(figure: Figure, kind: str, transparent: bool = False) -> bytes:
    """Return a figure as a file: the same bytes for the same figure.

    Args:
        figure: is drawn.
        kind: "png" or "svg".
        transparent: let what is behind it show through.
    """
    metadata = dict.fromkeys(_METADATA) if kind == "svg" else {}
    out = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "scratch_bert"}):
        figure.savefig(out, format=kind, dpi=110, metadata=metadata, transparent=transparent)
    return _settled(out.getvalue()) if kind == "svg" else out.getvalue()


def _settled(svg: bytes) -> bytes:
    """Name clip paths by what is written of them.

    matplotlib names them by numbers whose last bits depend on the order its layout was solved in.
    """
    for name, drawn in re.findall(rb'<clipPath id="(\w+)">\s*(<.*?/>)', svg):
        svg = svg.replace(name, b"p" + sha256(drawn).hexdigest()[:10].encode())
    return svg
