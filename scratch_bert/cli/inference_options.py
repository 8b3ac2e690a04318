"""The options that the commands of inference have in common."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from scratch_bert.cli.common import Format
from scratch_bert.cli.training import Attention as Attention

Texts = Annotated[
    list[str] | None, typer.Argument(metavar="TEXT", help="Without, the lines of stdin.")
]
_file = partial(typer.Option, "--file", metavar="FILE")
Files = Annotated[
    list[Path] | None, _file(help="Each line is a text, in UTF-8; - is stdin; repeatable.")
]
PairFiles = Annotated[
    list[Path] | None,
    _file(help="Each line is an object, text and text_pair, in JSON; - is stdin; repeatable."),
]
QuestionFiles = Annotated[
    list[Path] | None,
    _file(help="Each line is an object, question and context, in JSON; - is stdin; repeatable."),
]
Checkpoint = Annotated[str, typer.Option(metavar="NAME", help="A folder, a hub id, …")]
Form = Annotated[
    Format | None,
    typer.Option(
        "--format", help="json: a line for each text. Default: human on a terminal, else json."
    ),
]
AttentionOption = Annotated[
    Attention, typer.Option(help="packed computes no padding; sdpa and eager do.")
]
Device = Annotated[str, typer.Option(help="cpu, cuda, …")]
