"""Attention on a terminal: where the tokens of one head look, or what the heads of a layer do."""

from collections.abc import Iterator

import torch
from jaxtyping import Float
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text
from torch import Tensor

from scratch_bert.inspection.attentions import AttentionMaps
from scratch_bert.inspection.views.tables import bar, heading, table_of

_BAR = 20


def view(maps: AttentionMaps) -> Iterator[RenderableType]:
    """Yield what Rich prints."""
    yield from heading(maps)
    layers, heads, seq, _ = maps.ours.shape
    yield f"{layers} layers, {heads} heads, {seq} x {seq} tokens; shown: {maps.shown}"
    if maps.verdict is not None:
        yield Text(f"beside HuggingFace's: {maps.verdict}", "bold")
    yield ""
    yield _heads(maps) if maps.head is None else _looks(maps, maps.head)
    yield ""
    yield _cls(maps)


def _heads(maps: AttentionMaps) -> Table:
    """What share of all looks goes where, head by head."""
    layer = maps.ours[maps.layer].float()  # (heads, seq, seq)
    separators = [i for i, token in enumerate(maps.tokens) if token == maps.tokens[-1]]
    shares = {
        "itself": layer.diagonal(dim1=1, dim2=2).mean(1),
        "one before": layer.diagonal(-1, 1, 2).sum(1) / layer.size(1),
        "one after": layer.diagonal(1, 1, 2).sum(1) / layer.size(1),
        maps.tokens[0]: layer[:, :, 0].mean(1),
        maps.tokens[-1]: layer[:, :, separators].sum(2).mean(1),
        "tokens seen": _spread(layer),
    }
    rows = [
        (
            str(head),
            *(f"{some[head]:.0%}" for some in list(shares.values())[:-1]),
            f"{shares['tokens seen'][head]:.1f}",
        )
        for head in range(len(layer))
    ]
    return table_of(("head", *shares), rows, left=1)


def _spread(layer: Float[Tensor, "heads seq seq"]) -> Float[Tensor, " heads"]:
    """At how many tokens a token looks: as many as would have its entropy, looked at evenly."""
    return torch.special.entr(layer).sum(2).mean(1).exp()


def _looks(maps: AttentionMaps, head: int) -> Table:
    shares, places = maps.ours[maps.layer, head].topk(min(3, len(maps.tokens)))
    rows = []
    for place, token in enumerate(maps.tokens):
        best = zip(shares[place].tolist(), places[place].tolist(), strict=True)
        looked_at = (f"{share:4.0%} {maps.tokens[other]} {other}" for share, other in best)
        rows.append((str(place), token, *looked_at))
    columns = ("", "looks", *("most at", "then at", "then at")[: shares.size(1)])
    return table_of(columns, rows, left=5)


def _cls(maps: AttentionMaps) -> Table:
    row = maps.cls_row.tolist()
    most = max(row)
    of = "mean of all heads" if maps.head is None else f"head {maps.head}"
    rows = [
        (str(place), token, f"{share:.1%}", bar(share / most, _BAR))
        for place, (token, share) in enumerate(zip(maps.tokens, row, strict=True))
    ]
    table = table_of(("", f"{maps.tokens[0]} looks at", "share", of), rows)
    table.columns[-1].justify = "left"
    return table
