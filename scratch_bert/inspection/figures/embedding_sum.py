"""A picture of the embeddings: the norms of the parts, and each part's vectors."""

from matplotlib.figure import Figure

from scratch_bert.inspection.embedding_sum import EmbeddingParts
from scratch_bert.inspection.figures.common import (
    COSINES,
    around_zero,
    extent,
    heat,
    new_figure,
    token_ticks,
)


def draw(parts: EmbeddingParts) -> Figure:
    """Draw norms on top, and below them a column for each token."""
    tokens = parts.tokens
    inches = extent(len(tokens))
    figure = new_figure(inches + 1.6, 9, parts.title)
    heights = [1.6, *[1.0] * len(parts.parts)]
    norms, *maps = figure.subplots(len(heights), 1, sharex=True, height_ratios=heights)
    for name, lengths in parts.norms.items():
        norms.plot(range(len(tokens)), lengths.float().numpy(), ".-", label=name)
    norms.set_ylabel("norm")
    norms.set_ylim(bottom=0)
    norms.legend(ncols=5, fontsize=8, frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    for axes, (name, vectors) in zip(maps, parts.parts.items(), strict=True):
        most = float(vectors.float().abs().flatten().quantile(0.99)) or 1.0
        image = heat(axes, vectors.T, COSINES, around_zero(most))
        axes.set_ylabel(name)
        figure.colorbar(image, ax=axes, pad=0.01, aspect=8)
    maps[-1].set_xlabel("token; a row is one of the vector's numbers")
    token_ticks(maps[-1].xaxis, tokens, inches)
    return figure
