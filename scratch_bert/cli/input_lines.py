"""Lines of files of any size: one after the other, or those together that are there."""

import codecs
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from itertools import chain
from pathlib import Path
from typing import BinaryIO, NamedTuple

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

STDIN = Path("-")
PART = 1 << 16  # bytes read at a time, and of a line kept together


class InputError(ValueError):
    """A file cannot be read, or a line of it not used; the message says where."""


def progress(shown: bool) -> Progress:
    """Return a bar that counts bytes, on a terminal's stderr."""
    console = Console(stderr=True)
    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    disable = not (shown and console.is_terminal)
    return Progress(*columns, console=console, transient=True, disable=disable)


class Opened(NamedTuple):
    """A file that is open for reading.

    Attributes:
        name: for errors.
        title: before a line's number; empty for stdin.
        lines: its bytes.
        advance: is told how many of them were read.
    """

    name: str
    title: str
    lines: BinaryIO
    advance: Callable[[int], object]

    def place(self, number: int) -> str:
        """Name a line; stdin's have no name."""
        return f"{self.title}:{number}" if self.title else ""


def opened(files: Sequence[Path] | None, bar: Progress) -> Iterator[Opened]:
    """Open files one after the other; - or no file at all is stdin.

    Raises:
        InputError: one cannot be opened.
    """
    if not files and sys.stdin.isatty():
        print("A line is a text; Ctrl-D ends.", file=sys.stderr)
    files = files or [STDIN]
    known = all(path.is_file() for path in files)
    task = bar.add_task("", total=sum(path.stat().st_size for path in files) if known else None)
    for path in files:
        from_stdin = path == STDIN
        name, title = ("standard input", "") if from_stdin else (str(path), str(path))
        try:
            file = sys.stdin.buffer if from_stdin else path.open("rb")
        except OSError as error:
            raise InputError(f"{name}: cannot be read: {error.strerror}") from None
        with nullcontext(file) if from_stdin else file as lines:
            yield Opened(name, title, lines, lambda n: bar.advance(task, n))


def stdin_texts() -> Iterator[str]:
    """Yield the lines of stdin.

    Raises:
        InputError: it cannot be read, or is not UTF-8.
    """
    for file in opened(None, progress(shown=False)):
        for _, parts in read_lines(file.lines, file.name, file.advance):
            yield "".join(parts)


def read_lines(
    file: BinaryIO, name: str, advance: Callable[[int], object]
) -> Iterator[tuple[int, Iterator[str]]]:
    r"""Read a file's lines, each in parts that are joined by nobody. They end at `\n` only.

    Args:
        file: open for reading, in blocks of what is there (`read1`).
        name: for errors.
        advance: is told how many bytes were read.

    Yields:
        The number of a line, from 1, and its parts, at least one.

    Raises:
        InputError: it cannot be read, or is not UTF-8.
    """
    parts = chain.from_iterable(_read_blocks(file, name, advance))
    for part in parts:
        line = _line(part, parts)
        yield part.number, line
        for _ in line:  # what nobody wanted
            pass


def read_windows(
    file: BinaryIO, name: str, advance: Callable[[int], object]
) -> Iterator[tuple[int, list[str]]]:
    """Read a file's lines, those together that end in one block: what is there, and no more.

    Whoever types gets each line back at once; a long file comes in windows of `PART` bytes.

    Args:
        file: as in `read_lines`.
        name: likewise.
        advance: likewise.

    Yields:
        The number of a window's first line, from 1, and its lines.

    Raises:
        InputError: it cannot be read, or is not UTF-8.
    """
    begun: list[str] = []
    number = 1
    for parts in _read_blocks(file, name, advance):
        lines = []
        for part in parts:
            begun.append(part.text)
            if part.last:
                lines.append("".join(begun))
                begun = []
        if lines:
            yield number, lines
            number += len(lines)


class _Part(NamedTuple):
    number: int  # of its line
    text: str
    last: bool


def _line(part: _Part, others: Iterator[_Part]) -> Iterator[str]:
    """Yield a line's parts; nothing is read beyond its end, which somebody may be typing at."""
    yield part.text
    while not part.last:
        part = next(others)
        yield part.text


def _read_blocks(
    file: BinaryIO, name: str, advance: Callable[[int], object]
) -> Iterator[list[_Part]]:
    decoder = codecs.getincrementaldecoder("utf-8")()
    number, pending, begun = 1, b"", False
    parts: list[_Part] = []
    try:
        while block := file.read1(PART):  # type: ignore[attr-defined]
            advance(len(block))
            *ended, pending = (pending + block).split(b"\n")
            for line in ended:
                parts.append(_Part(number, decoder.decode(line, final=True), last=True))
                number, begun = number + 1, False
            if len(pending) >= PART:
                parts.append(_Part(number, decoder.decode(pending), last=False))
                pending, begun = b"", True
            yield parts
            parts = []
        if pending or begun:
            yield [_Part(number, decoder.decode(pending, final=True), last=True)]
    except UnicodeDecodeError:
        yield parts  # what is good before it
        message = f"{name}, line {number}: not UTF-8; convert it first, for example with iconv"
        raise InputError(message) from None
    except OSError as error:
        raise InputError(f"{name}: cannot be read: {error.strerror}") from None
