"""`scratch-bert fill-mask`: which words fit where [MASK] stands."""

import json
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from scratch_bert.command_line import check_texts
from scratch_bert.errors import CheckpointError


class Format(StrEnum):
    """Who reads the result."""

    HUMAN = "human"
    JSON = "json"


def fill_mask_command(
    texts: Annotated[
        list[str], typer.Argument(metavar="TEXT", help="With [MASK] in it, once or more.")
    ],
    checkpoint: Annotated[
        str, typer.Option(metavar="NAME", help="A folder, a hub id, builtin:adversarial, …")
    ],
    top_k: Annotated[int, typer.Option(min=1, metavar="N", help="Words for each [MASK].")] = 5,
    form: Annotated[Format, typer.Option("--format", help="json: a line for each text.")] = (
        Format.HUMAN
    ),
) -> None:
    """Print the most probable words for each [MASK]."""
    check_texts(texts, ())
    from scratch_bert.inference.fill_mask import FillMask  # brings torch, which takes seconds

    try:
        fill = FillMask(checkpoint)
    except CheckpointError as error:
        raise typer.BadParameter(str(error), param_hint="--checkpoint") from None
    for text in texts:
        try:
            found = fill(text, top_k)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="TEXT") from None
        if form is Format.JSON:
            print(json.dumps([[filled._asdict() for filled in words] for words in found]))
            continue
        table = Table("share", "word", "text", box=None, header_style="dim")
        for words in found:
            for filled in words:
                table.add_row(f"{filled.score:.1%}", filled.token_str, filled.sequence)
            table.add_section()
        Console().print(table)
