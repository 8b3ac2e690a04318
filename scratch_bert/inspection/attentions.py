"""Who looks at whom: the attention of every layer and head over one text."""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from jaxtyping import Float
from rich.console import Console, ConsoleOptions
from torch import Tensor

from scratch_bert.inspection.loading import Bert, runner_of
from scratch_bert.inspection.result import Inspection, Printed, Text, title_of
from scratch_bert.weights.builtin import MINILM

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Maps = Float[Tensor, "layers heads seq seq"]


@dataclass(frozen=True, eq=False)
class AttentionMaps(Inspection):
    """The attention over a text, and which of it is shown.

    Attributes:
        title: of what.
        tokens: [CLS], pieces, [SEP].
        batch: what the model read, (1, seq) each.
        ours: probabilities; a row is the token that looks, a column the one looked at.
        theirs: the same of another BERT, to be shown beside it.
        layer: is shown, from 0.
        head: is shown, from 0; None is all heads of the layer.

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
        """Return the same, with another BERT's beside it."""
        return replace(self, theirs=theirs)

    @property
    def shown(self) -> str:
        """Name what is shown."""
        return f"layer {self.layer}, {'all heads' if self.head is None else f'head {self.head}'}"

    @property
    def difference(self) -> Maps | None:
        """Ours less theirs."""
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
        """Where [CLS] looks, in the head that is shown or in the mean of all."""
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

    def figure(self) -> "Figure":
        """Draw a head, or all heads of a layer, and where [CLS] looks."""
        from scratch_bert.inspection.figures.attentions import draw

        return draw(self)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Printed:
        from scratch_bert.inspection.views.attentions import view

        yield from view(self)


def attention_maps(
    text: Text, checkpoint: Bert = MINILM, *, layer: int | None = None, head: int | None = None
) -> AttentionMaps:
    """Compute the attention over a text, or a pair.

    Args:
        text: the text, or two in a tuple.
        checkpoint: its name, or a model and its tokenizer.
        layer: which to show, from 0; None is the last.
        head: which to show, from 0; None is all of the layer.

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
