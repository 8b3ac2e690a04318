"""Rows of tokens for programs, as JSON or plain ids, and for people at a terminal."""

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import chain
from tempfile import SpooledTemporaryFile
from typing import BinaryIO

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from scratch_bert.cli.input_lines import PART
from scratch_bert.cli.tokenize_lines import LineSpan, Row
from scratch_bert.terminal import visible

KEYS = ("tokens", "input_ids", "token_type_ids", "offset_mapping")
_COLORS = ("cyan", "magenta")  # of neighboring pieces
_LABELS = ("tokens", "ids", "types", "chars")
_GAP = 2


def write_json(row: Row, out: BinaryIO) -> None:
    """Write a row as one line, an object with a list for each of `KEYS`.

    Columns come one after the other, so those of a long line wait in files.
    """
    stretches = iter(row)
    first, second = next(stretches), next(stretches, None)
    if second is None:
        text = json.dumps(dict(zip(KEYS, first[2:], strict=True)), ensure_ascii=False)
        out.write(f"{text}\n".encode())
        return
    with ExitStack() as stack:
        columns = [stack.enter_context(SpooledTemporaryFile(max_size=PART)) for _ in KEYS]
        for stretch in chain([first, second], stretches):
            for column, values in zip(columns, stretch[2:], strict=True):
                if values:
                    comma = ", " if column.tell() else ""
                    text = json.dumps(values, ensure_ascii=False)[1:-1]
                    column.write(f"{comma}{text}".encode())
        for key, column in zip(KEYS, columns, strict=True):
            opening = "{" if key == KEYS[0] else ", "
            out.write(f'{opening}"{key}": ['.encode())
            column.seek(0)
            shutil.copyfileobj(column, out)
            out.write(b"]")
        out.write(b"}\n")


def write_ids(row: Row, out: BinaryIO) -> None:
    """Write a row as one line of ids with spaces between."""
    space = ""
    for stretch in row:
        if stretch.input_ids:
            out.write(f"{space}{' '.join(map(str, stretch.input_ids))}".encode())
            space = " "
    out.write(b"\n")


class View:
    """Shows rows: the text with its pieces apart, then each token over its id and its place.

    Args:
        console: where to.
        unknown_id: the id that stands out.
    """

    def __init__(self, console: Console, unknown_id: int) -> None:
        self._console = console
        self._unknown_id = unknown_id

    def show(self, row: Row, title: str) -> None:
        """Print a row under a title, if there is one."""
        if title:
            self._print(Text(title, style="dim"))
        count = unknown = 0
        for stretch in row:
            count += len(stretch.input_ids)
            unknown += stretch.input_ids.count(self._unknown_id)
            styles = self._styles(stretch)
            for number, text in enumerate(stretch.texts):
                if text:
                    self._console.print(self._marked(stretch, number, styles), highlight=False)
            self._print(Text())
            for block in self._blocks(stretch, styles):
                for line in block:
                    self._print(line)
                self._print(Text())
        tokens = "1 token" if count == 1 else f"{count:,} tokens"
        self._print(Text(f"{tokens}, {unknown:,} unknown" if unknown else tokens, "dim"))
        self._print(Text())

    def _print(self, line: Text) -> None:
        line.rstrip()
        self._console.print(line, soft_wrap=True, highlight=False)

    def _styles(self, stretch: LineSpan) -> list[str]:
        """Give each token a style; neighbors differ."""
        styles = []
        for i, (start, end) in zip(stretch.input_ids, stretch.offset_mapping, strict=True):
            if start == end:
                styles.append("dim")
            elif i == self._unknown_id:
                styles.append("bold yellow")
            else:
                styles.append(_COLORS[len(styles) % 2])
        return styles

    def _marked(self, stretch: LineSpan, number: int, styles: Sequence[str]) -> Text:
        """Mark a text's pieces with colors, and with a bar where they touch."""
        text, start = stretch.texts[number], stretch.start
        marked, done = Text(), 0
        rows = zip(stretch.token_type_ids, stretch.offset_mapping, styles, strict=True)
        for kind, (first, last), style in rows:
            if kind != number or first == last:
                continue
            first, last = max(first - start, done), last - start
            marked.append(visible(text[done:first]), "dim")
            if first == done and done:
                marked.append("|", "dim")
            marked.append(visible(text[first:last]), style)
            done = max(done, last)
        return marked.append(visible(text[done:]), "dim")

    def _blocks(self, stretch: LineSpan, styles: Sequence[str]) -> Iterator[list[Text]]:
        """Lay the tokens out side by side, in as many blocks as the terminal's width demands."""
        labels = [name for name in _LABELS if name != "types" or len(stretch.texts) == 2]
        margin = max(map(len, labels)) + _GAP
        lines, used = [_labelled(label, margin) for label in labels], margin
        for (token, i, kind, span), style in zip(
            zip(*stretch[2:], strict=True), styles, strict=True
        ):
            cells = {
                "tokens": visible(token),
                "ids": str(i),
                "types": str(kind),
                "chars": "" if span[0] == span[1] else f"{span[0]}:{span[1]}",
            }
            width = max(map(cell_len, cells.values()))
            if used + width > self._console.width and used > margin:
                yield lines
                lines, used = [_labelled(label, margin) for label in labels], margin
            for line, label in zip(lines, labels, strict=True):
                padding = " " * (width + _GAP - cell_len(cells[label]))
                line.append(cells[label], style if label == "tokens" else "")
                line.append(padding)
            used += width + _GAP
        if used > margin:
            yield lines


def _labelled(label: str, width: int) -> Text:
    return Text().append(label.ljust(width), "dim")
