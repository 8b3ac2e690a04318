"""`scratch-bert fill-mask`: which words fit where [MASK] stands."""

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from scratch_bert.cli import inference_options as options
from scratch_bert.cli.common import check_texts, refused
from scratch_bert.cli.inference_output import as_it_is, load, print_results, table_of

if TYPE_CHECKING:
    from scratch_bert.inference.fill_mask import Filled


def fill_mask_command(
    checkpoint: options.Checkpoint,
    texts: options.Texts = None,
    files: options.Files = None,
    top_k: Annotated[int, typer.Option(min=1, metavar="N", help="Words for each [MASK].")] = 5,
    target: Annotated[
        list[str] | None, typer.Option(metavar="WORD", help="Choose among these; repeatable.")
    ] = None,
    form: options.Form = None,
    attention: options.AttentionOption = options.Attention.PACKED,
    device: options.Device = "cpu",
) -> int:
    """Print the most probable words for each [MASK] of texts, which have one or several.

    json: for each text a line, a list for each [MASK] of objects: score, token, token_str,
    sequence. What is too long for the model, or has no [MASK], is refused.
    """
    check_texts((*(texts or ()), *(target or ())), ())
    from scratch_bert.inference.fill_mask import FillMask  # brings torch

    fill = load(FillMask, checkpoint, device, attention=attention)
    with refused(ValueError, option="--target"):
        fill([], top_k, target)

    def task(some: Sequence[str]) -> "list[list[list[Filled]]]":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of targets, once was enough
            return fill(some, top_k, target)

    print_results(task, texts or (), files, as_it_is, _table, form)
    return 0


def _table(found: "list[list[Filled]]") -> Table:
    rows = [
        (f"{each.score:.1%}", each.token_str, each.sequence) for words in found for each in words
    ]
    return table_of(("share", "word", "text"), rows)
