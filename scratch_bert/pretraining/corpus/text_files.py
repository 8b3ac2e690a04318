"""Text files of a corpus: found, looked through, opened; nothing of them is kept in memory."""

import codecs
import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO, TextIO

from scratch_bert.errors import CorpusError

_PART = 1 << 18  # bytes that are read at a time


def files_of(path: Path) -> Iterator[Path]:
    """Yield all files in a folder, in order; what is none, or has none, stands for itself.

    Raises:
        CorpusError: a folder cannot be read.
    """
    files = _inside(path) if path.is_dir() else iter([path])
    yield next(files, path)
    yield from files


def _inside(folder: Path) -> Iterator[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise CorpusError(f"{folder}: cannot be read: {error.strerror}") from None
    for entry in entries:
        if entry.is_dir() and not entry.is_symlink():
            yield from _inside(entry)
        else:
            yield entry


@contextmanager
def opened(path: Path) -> Iterator[tuple[TextIO, BinaryIO]]:
    r"""Open a file that was checked: its text, with lines that end at `\n` only, and its bytes.

    What was read of the bytes, packed ones of .gz, is their `tell()`.

    Raises:
        CorpusError: it cannot be read, or is not UTF-8.
    """
    encoding = "utf-8-sig"  # the mark that Excel begins with is no text
    with (
        _readable(path) as (unpacked, raw),
        TextIOWrapper(unpacked, encoding, newline="\n") as text,
    ):
        yield text, raw


def check_file(path: Path) -> None:
    """Read a file once from end to end, to see whether it can be used.

    Raises:
        CorpusError: it cannot be read, is not UTF-8, is binary, or has no text in it.
    """
    if path.is_dir():
        raise CorpusError(f"{path}: has no files in it, or is a link, which is not followed")
    if path.exists() and not path.is_file():
        raise CorpusError(f"{path}: is no file; a corpus is read more than once")
    with _readable(path) as (unpacked, _):
        check_text(path, unpacked, nul=False)


def check_text(path: Path, content: BinaryIO, *, nul: bool) -> None:
    """See whether a file's content is UTF-8 and not blank.

    Args:
        path: for messages.
        content: is read to its end, part by part.
        nul: whether there may be a NUL in it.

    Raises:
        CorpusError: it is not; with the line.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    line, blank, more = 1, True, True
    while more:
        more = bool(part := content.read(_PART))
        try:
            text = decoder.decode(part, final=not more)
        except UnicodeDecodeError as error:
            line += error.object[: error.start].count(b"\n")
            raise CorpusError(f"{path}, line {line}: not UTF-8") from None
        if "\0" in text and not nul:
            line += text.count("\n", 0, text.index("\0"))
            raise CorpusError(f"{path}, line {line}: is no text, there is a NUL in it")
        line += text.count("\n")
        blank = blank and not text.strip()
    if blank:
        raise CorpusError(f"{path}: has no text in it")


@contextmanager
def _readable(path: Path) -> Iterator[tuple[BinaryIO, BinaryIO]]:
    """A file's bytes, unpacked and as they are."""
    try:
        with path.open("rb") as raw:
            packed = path.suffix == ".gz"
            yield gzip.GzipFile(fileobj=raw) if packed else raw, raw  # type: ignore[misc]
    except (OSError, EOFError, zlib.error) as error:
        why = getattr(error, "strerror", None) or error
        raise CorpusError(f"{path}: cannot be read: {why}") from None
