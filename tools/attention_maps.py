"""Where each token looks, in every layer and head; ours, and HuggingFace's beside it."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated

import typer

from scratch_bert.cli.inspection_tools import (
    PICTURES,
    Checkpoint,
    Output,
    Pair,
    Texts,
    each,
    read_texts,
    run,
    show,
    use,
)
from scratch_bert.inspection import AttentionMaps, attention_maps, load
from scratch_bert.inspection.result import TextOrPair
from scratch_bert.weights.checkpoints import resolve


def command(
    texts: Texts = None,
    pair: Pair = None,
    checkpoint: Checkpoint = "builtin:minilm",
    layer: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="From 0.", show_default="the last")
    ] = None,
    head: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="From 0.", show_default="all")
    ] = None,
    reference: Annotated[
        bool, typer.Option("--reference", help="Also HuggingFace's, and the difference.")
    ] = False,
    output: Output = None,
) -> int:
    """Show the attention of a layer's heads, or of one of them, and where [CLS] looks.

    A page (-o FILE.html) has all layers and heads, to choose from.

    Exit codes: 0 done, 4 usage or an input that cannot be used, 130 interrupted.
    """
    some = read_texts(texts, pair, output, of_one=(*PICTURES, ".html"))
    bert = use(load, checkpoint)
    look = partial(attention_maps, checkpoint=bert, layer=layer, head=head)

    def beside(text: TextOrPair) -> AttentionMaps:
        from parity.api import reference_attentions  # brings HuggingFace's

        maps = look(text)
        return maps.beside(reference_attentions(resolve(checkpoint), maps.batch))

    return show(each(beside if reference else look, some), output, page)


def page(found: Sequence[AttentionMaps]) -> str:
    """Return the page of one text's attention."""
    from scratch_bert.inspection.figures.attention_page import attention_page

    (maps,) = found
    return attention_page(maps.tokens, maps.ours, maps.theirs, title=maps.title)


if __name__ == "__main__":
    run(command, "attention_maps.py")
