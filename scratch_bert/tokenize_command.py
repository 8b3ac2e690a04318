"""`scratch-bert tokenize`: what a tokenizer makes of texts."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import Annotated, BinaryIO

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from scratch_bert.errors import CheckpointError
from scratch_bert.files import replace
from scratch_bert.tokenization import BertTokenizer
from scratch_bert.tokenize_lines import Encoder, Row, read_lines
from scratch_bert.tokenize_output import View, write_ids, write_json

STDIN = Path("-")


class Format(StrEnum):
    """Who reads the result."""

    HUMAN = "human"
    JSONL = "jsonl"
    IDS = "ids"


def tokenize_command(
    texts: Annotated[
        list[str] | None,
        typer.Argument(metavar="TEXT", help="What to tokenize. Without, the lines of stdin."),
    ] = None,
    pair: Annotated[
        list[str] | None, typer.Option(help="A second text for each TEXT, in their order.")
    ] = None,
    files: Annotated[
        list[Path] | None,
        typer.Option("--file", help="A file in UTF-8, each line a text; - is stdin; repeatable."),
    ] = None,
    checkpoint: Annotated[
        str, typer.Option(help="A folder, a hub id, builtin:minilm, builtin:bert-base, …")
    ] = "builtin:minilm",
    max_length: Annotated[
        int | None, typer.Option(min=0, help="Cut to so many tokens, [CLS] and [SEP] included.")
    ] = None,
    add_special_tokens: Annotated[bool, typer.Option(help="Put [CLS] and [SEP] around.")] = True,
    form: Annotated[
        Format | None,
        typer.Option("--format", help="Default: human on a terminal, jsonl elsewhere."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write to FILE, whole or not at all.")
    ] = None,
) -> int:
    """Turn texts into tokens, one row for each text, in their order.

    jsonl has an object a line with the lists tokens, input_ids, token_type_ids and offset_mapping
    (start and end in the text, in characters); ids has a line of numbers.

    Exit codes: 0 done, 4 usage or an input that cannot be used.
    """
    if texts and files:
        raise typer.BadParameter("give TEXT or --file, not both", param_hint="--file")
    if pair and len(pair) != len(texts or ()):
        raise typer.BadParameter(f"give {len(texts or ())}, one per TEXT", param_hint="--pair")
    try:
        for text in (*(texts or ()), *(pair or ())):
            text.encode()
    except UnicodeEncodeError as error:
        raise typer.BadParameter(f"is not UTF-8: {error.object!r}", param_hint="TEXT") from None
    try:
        tokenizer = BertTokenizer.from_pretrained(checkpoint)
    except (CheckpointError, OSError) as error:
        raise typer.BadParameter(str(error), param_hint="--checkpoint") from None
    if form is None:
        form = Format.HUMAN if output is None and sys.stdout.isatty() else Format.JSONL
    try:
        encoder = Encoder(tokenizer, add_special_tokens, max_length, form is not Format.IDS)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--max-length") from None

    if texts:
        rows = _text_rows(encoder, texts, pair)
    else:
        files = files or [STDIN]
        rows = _line_rows(encoder, files, output is not None or not sys.stdout.isatty())
    write = _writer(form, tokenizer)
    if output is None:
        for title, row in rows:
            write(row, title, sys.stdout.buffer)
            sys.stdout.buffer.flush()
        return 0

    def write_all(place: Path) -> None:
        with place.open("wb") as out:
            for title, row in rows:
                write(row, title, out)

    try:
        replace(output, write_all)
    except OSError as error:
        raise typer.BadParameter(f"{output}: {error.strerror}", param_hint="-o") from None
    return 0
