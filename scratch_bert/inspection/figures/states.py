"""A picture of the hidden states: their norms, and the similarity of layers and of tokens."""

from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from scratch_bert.inspection.figures.common import (
    COSINES,
    SHARES,
    around_zero,
    extent,
    heat,
    new_figure,
    token_ticks,
)
from scratch_bert.inspection.states import LayerStates

_LAYERS = 4.0  # inches that their similarity takes


def draw(states: LayerStates) -> Figure:
    """Draw norms on top; below, layers beside layers and tokens beside tokens."""
    tokens = states.tokens
    layers = len(states.states)
    side = extent(len(tokens))
    tall = 1.6 + 0.16 * layers
    figure = new_figure(_LAYERS + side + 2.2, tall + side + 1.5, states.title)
    above, below = figure.subfigures(2, 1, height_ratios=[tall, side + 1.0], squeeze=False)[:, 0]

    axes = above.add_subplot()
    norms = states.norms.float()
    image = heat(axes, norms, SHARES, Normalize(0.0), "norm of each vector")
    axes.set_ylabel("layer")
    axes.set_yticks(range(layers))
    token_ticks(axes.xaxis, tokens, _LAYERS + side)
    above.colorbar(image, ax=axes, pad=0.01, aspect=12)

    left, right = below.subplots(1, 2, width_ratios=[_LAYERS, side + 0.6])
    title = "layers, cosine (mean of all tokens)"
    heat(left, states.layer_similarity, COSINES, around_zero(1.0), title)
    left.set(xlabel="layer", ylabel="layer", xticks=range(layers), yticks=range(layers))
    left.set_aspect("equal", anchor="N")
    title = f"tokens in layer {layers - 1}, cosine"
    image = heat(right, states.token_similarity(), COSINES, around_zero(1.0), title)
    for axis in (right.xaxis, right.yaxis):
        token_ticks(axis, tokens, side)
    below.colorbar(image, ax=right, pad=0.02, aspect=40)
    return figure
