"""The attention probabilities of every layer and head over one text."""

from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import torch
from jaxtyping import Float
from rich.console import Console, ConsoleOptions
from rich.table import Table
from rich.text import Text
from torch import Tensor

from scratch_bert.inspection.loading import Bert, runner_of
from scratch_bert.inspection.result import Inspection, Printed, TextOrPair, title_of
from scratch_bert.inspection.views.tables import bar, heading, table_of
from scratch_bert.weights.builtin import MINILM

Maps = Float[Tensor, "layers heads seq seq"]
_BAR = 20  # characters of a share of 1


@dataclass(frozen=True, eq=False)
class AttentionMaps(Inspection):
    """The attention over a text, and which layer and head of it are shown.

    Attributes:
        title: "attention", and the text.
        tokens: [CLS], pieces, [SEP].
        batch: the model's input, (1, seq) each.
        ours: attention probabilities; a row is a query, a column a key.
        theirs: those of another BERT, to compare with.
        layer: the layer that is shown, from 0.
        head: the head that is shown, from 0; None shows all heads of the layer.

    Raises:
        ValueError: there is no such layer or head.
    """

    explanation: ClassVar[str] = (
        "A row is a token that looks, a column one that is looked at; each row sums to 1. What a "
        "token becomes in a layer is mixed from those it looks at, in these shares, head by head."
    )

    title: str
    tokens: list[str]
    batch: dict[str, Tensor] = field(repr=False)
    ours: Maps
    theirs: Maps | None
    layer: int
    head: int | None

    def __post_init__(self) -> None:
        layers, heads = self.ours.shape[:2]
        if not 0 <= self.layer < layers:
            raise ValueError(f"layer is {self.layer}, expected 0 to {layers - 1}")
        if self.head is not None and not 0 <= self.head < heads:
            raise ValueError(f"head is {self.head}, expected 0 to {heads - 1}")

    def at(self, layer: int, head: int | None = None) -> "AttentionMaps":
        """Return the same, showing another layer, and one head or all of them.

        Raises:
            ValueError: there is no such layer or head.
        """
        return replace(self, layer=layer, head=head)

    def beside(self, theirs: Maps) -> "AttentionMaps":
        """Return the same, with another BERT's attention to compare with."""
        return replace(self, theirs=theirs)

    @property
    def shown(self) -> str:
        """The layer and head that are shown, in words."""
        return f"layer {self.layer}, {'all heads' if self.head is None else f'head {self.head}'}"

    @property
    def difference(self) -> Maps | None:
        """Ours minus theirs."""
        return None if self.theirs is None else self.ours - self.theirs

    @property
    def verdict(self) -> str | None:
        """How ours and theirs differ, over all layers and heads."""
        if self.theirs is None:
            return None
        if torch.equal(self.ours, self.theirs):
            return "equal bit for bit, in every layer and head"
        layers = [
            f"{layer} (by {float(difference):.1e})"
            for layer, difference in enumerate((self.ours - self.theirs).abs().amax((1, 2, 3)))
            if not torch.equal(self.ours[layer], self.theirs[layer])
        ]
        return f"different in layer {', '.join(layers)}"

    @property
    def cls_row(self) -> Float[Tensor, " seq"]:
        """The attention of [CLS], in the head that is shown or in the mean of all heads."""
        rows = self.ours[self.layer, :, 0]
        return rows.mean(0) if self.head is None else rows[self.head]

    def to_dict(self) -> dict[str, Any]:
        """Return what is shown as JSON can hold it: (heads, seq, seq), or (seq, seq) of a head."""
        place = (self.layer,) if self.head is None else (self.layer, self.head)
        found: dict[str, Any] = {
            "tokens": self.tokens,
            "layer": self.layer,
            "head": self.head,
            "attention": self.ours[place].tolist(),
        }
        if self.theirs is not None:
            found["reference"] = self.theirs[place].tolist()
            found["verdict"] = self.verdict
        return found

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Printed:
        yield from heading(self)
        layers, heads, seq, _ = self.ours.shape
        yield f"{layers} layers, {heads} heads, {seq} x {seq} tokens; shown: {self.shown}"
        if self.verdict is not None:
            yield Text(f"beside HuggingFace's: {self.verdict}", "bold")
        yield ""
        yield _heads(self) if self.head is None else _looks(self, self.head)
        yield ""
        yield _cls(self)


def _heads(maps: AttentionMaps) -> Table:
    """Where each head attends: the mean share of each kind of key."""
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
    """The number of keys that, attended to evenly, would have the same entropy (perplexity)."""
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


def attention_maps(
    text: TextOrPair,
    checkpoint: Bert = MINILM,
    *,
    layer: int | None = None,
    head: int | None = None,
) -> AttentionMaps:
    """Compute the attention over a text, or a pair.

    Args:
        text: the text, or two in a tuple.
        checkpoint: its name, or a model and its tokenizer.
        layer: the layer to show, from 0; None is the last.
        head: the head to show, from 0; None is all heads of the layer.

    Raises:
        CheckpointError: it cannot be loaded.
        TextError: the text is too long for it.
        ValueError: there is no such layer or head.
    """
    runner = runner_of(checkpoint)
    (row,) = rows = runner.encode([text])

    def compute(batch: dict[str, Tensor]) -> list[tuple[dict[str, Tensor], Tensor]]:
        maps = torch.cat(runner.forward(batch, output_attentions=True).attentions)
        return [({name: rows.cpu() for name, rows in batch.items()}, maps.cpu())]

    ((batch, maps),) = runner.run(rows, compute)
    return AttentionMaps(
        title=title_of("attention", text),
        tokens=row.tokens,
        batch=batch,
        ours=maps,
        theirs=None,
        layer=len(maps) - 1 if layer is None else layer,
        head=head,
    )
