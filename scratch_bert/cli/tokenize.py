"""`scratch-bert tokenize`: what a tokenizer makes of texts."""

import codecs
import sys
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, BinaryIO

import typer
from rich.console import Console
from rich.progress import Progress

from scratch_bert.cli.common import check_texts, refused, written
from scratch_bert.cli.input_lines import InputError, opened, progress, read_lines
from scratch_bert.cli.tokenize_lines import Encoder, Row
from scratch_bert.cli.tokenize_output import View, write_ids, write_json
from scratch_bert.errors import CheckpointError
from scratch_bert.files import replace
from scratch_bert.tokenization import BertTokenizer
from scratch_bert.weights.builtin import MINILM


class TokenFormat(StrEnum):
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
        list[str] | None,
        typer.Option(metavar="TEXT", help="A second text for each TEXT, in their order."),
    ] = None,
    files: Annotated[
        list[Path] | None,
        typer.Option(
            "--file", metavar="FILE", help="Each line is a text, in UTF-8; - is stdin; repeatable."
        ),
    ] = None,
    checkpoint: Annotated[
        str, typer.Option(metavar="NAME", help="A folder, a hub id, builtin:bert-base, …")
    ] = MINILM,
    max_length: Annotated[
        int | None,
        typer.Option(min=0, metavar="N", help="Cut to N tokens, [CLS] and [SEP] included."),
    ] = None,
    no_special_tokens: Annotated[
        bool, typer.Option("--no-special-tokens", help="Put no [CLS] and [SEP] around a text.")
    ] = False,
    form: Annotated[
        TokenFormat | None,
        typer.Option("--format", help="Default: human on a terminal, else jsonl."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write FILE, whole or not at all."),
    ] = None,
) -> int:
    """Show which tokens texts become: for each its id, and from where to where it is in its text.

    jsonl: for each text a line, an object of lists: tokens, input_ids, token_type_ids,
    offset_mapping (start and end of each token, in characters of its text).

    ids: for each text a line, its ids with spaces between.

    Exit codes: 0 done, 4 usage or an input that cannot be used.
    """
    if texts and files:
        raise typer.BadParameter("give TEXT or --file, not both", param_hint="--file")
    check_texts(texts or (), pair or ())
    with refused(CheckpointError, OSError, option="--checkpoint"):
        tokenizer = BertTokenizer.from_pretrained(checkpoint)
    on_terminal = output is None and sys.stdout.isatty()
    if form is None:
        form = TokenFormat.HUMAN if on_terminal else TokenFormat.JSONL
    encoder = Encoder(tokenizer, not no_special_tokens, max_length, form is not TokenFormat.IDS)
    with refused(ValueError, option="--max-length"):
        list(encoder.row("", "" if pair else None))

    with progress(shown=not texts and not on_terminal) as bar:
        rows = _of_texts(encoder, texts, pair) if texts else _of_files(encoder, files, bar)
        _write(rows, output, form, tokenizer.unk_token_id)
    return 0


def _of_texts(
    encoder: Encoder, texts: Sequence[str], pairs: Sequence[str] | None
) -> Iterator[tuple[str, Row]]:
    for i, text in enumerate(texts):
        title = f"text {i + 1}" if len(texts) > 1 else ""
        yield title, encoder.row(text, pairs[i] if pairs else None)


def _of_files(
    encoder: Encoder, files: Sequence[Path] | None, bar: Progress
) -> Iterator[tuple[str, Row]]:
    for file in opened(files, bar):
        for number, parts in read_lines(file.lines, file.name, file.advance):
            yield file.place(number), encoder.line(parts)


def _write(
    rows: Iterator[tuple[str, Row]], output: Path | None, form: TokenFormat, unknown_id: int
) -> None:
    def write_to(out: BinaryIO) -> None:
        write = _writer(form, out, unknown_id)
        for title, row in rows:
            write(row, title)
            if output is None:
                out.flush()  # who types line by line, or pipes them, sees each at once

    def fill(place: Path) -> None:
        with place.open("wb") as out:
            write_to(out)

    with written(output), refused(InputError, option="--file"):
        if output is None:
            write_to(sys.stdout.buffer)
        else:
            replace(output, fill)


def _writer(form: TokenFormat, out: BinaryIO, unknown_id: int) -> Callable[[Row, str], None]:
    if form is TokenFormat.JSONL:
        return lambda row, _: write_json(row, out)
    if form is TokenFormat.IDS:
        return lambda row, _: write_ids(row, out)
    return View(Console(file=codecs.getwriter("utf-8")(out)), unknown_id).show  # type: ignore[arg-type]
