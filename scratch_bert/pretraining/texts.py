r"""Raw text: from files, folders and gzip, or what Python brings; and its sentences.

>>> sentences("It works, e.g. here. Does it? \"Yes.\" It\ndoes.")
['It works, e.g. here.', 'Does it?', '"Yes."', 'It does.']
"""

import gzip
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from scratch_bert.errors import CorpusError

# What ends a sentence, where something follows that begins one; not an abbreviation or an initial.
_CLOSING, _OPENING = "\"')\\]\u201d\u2019", "\"'(\\[\u201c\u2018"
_END = re.compile(
    rf"(?<!\be\.g)(?<!\bi\.e)(?<!\b[A-Z])[.!?\u2026][{_CLOSING}]*(?= [{_OPENING}]?[A-Z0-9])"
)
_BLOCK = re.compile(r"\n[^\S\n]*\n")
_CODE = re.compile(r"\*\*\*|===|---|\^\^\^|\|")


class Text(NamedTuple):
    """A document.

    Attributes:
        source: where it is from, for messages.
        text: all of it.
    """

    source: str
    text: str


def builtin_texts() -> Iterator[Text]:
    """Yield the prose of the documentation that Python's own `help()` shows, topic by topic."""
    from pydoc_data.topics import topics

    for name, text in sorted(topics.items()):
        blocks = (block.strip("\n") for block in _BLOCK.split(text))
        prose = [b for b in blocks if b[:1].strip() and not _CODE.search(b) and len(b.split()) >= 8]
        if prose:
            yield Text(f"help({name!r})", "\n\n".join(prose))


def file_texts(
    paths: Sequence[Path], *, whole_files: bool, skip: Callable[[str], object] | None = None
) -> Iterator[Text]:
    """Yield the documents of files, and of all files in folders; those in .gz are unpacked.

    Args:
        paths: which.
        whole_files: a file is a document; else each block between empty lines is one.
        skip: is told of a file that cannot be used; None refuses it.

    Raises:
        CorpusError: a file is absent, empty, binary or not UTF-8.
    """
    for path in paths:
        for file in files_of(path):
            try:
                text = _read(file)
            except CorpusError as error:
                if skip is None:
                    raise
                skip(str(error))
                continue
            blocks = [text] if whole_files else _BLOCK.split(text)
            yield from (Text(str(file), block) for block in blocks if block.strip())


def files_of(path: Path) -> list[Path]:
    """All files in a folder; what is none, or has none, stands for itself."""
    if not path.is_dir():
        return [path]
    return sorted(each for each in path.rglob("*") if each.is_file()) or [path]


def sentences(text: str) -> list[str]:
    """Cut a document after what ends a sentence, and between paragraphs."""
    found = []
    for block in _BLOCK.split(text):
        line = " ".join(block.split())
        ends = [match.end() for match in _END.finditer(line)]
        starts = [0, *(end + 1 for end in ends)]
        found += [line[a:b] for a, b in zip(starts, [*ends, len(line)], strict=True) if a < b]
    return found


def _read(path: Path) -> str:
    if path.is_dir():
        raise CorpusError(f"{path}: has no files in it")
    try:
        content = path.read_bytes()
        if path.suffix == ".gz":
            content = gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        why = getattr(error, "strerror", None) or error
        raise CorpusError(f"{path}: cannot be read: {why}") from None
    text = decoded(path, content)
    if "\0" in text:
        raise CorpusError(f"{path}: is no text, there is a NUL in it")
    return text


def decoded(path: Path, content: bytes) -> str:
    """Decode a file's content, which is UTF-8 and not blank.

    Raises:
        CorpusError: it is not.
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        number = content[: error.start].count(b"\n") + 1
        raise CorpusError(f"{path}, line {number}: not UTF-8") from None
    if not text.strip():
        raise CorpusError(f"{path}: has no text in it")
    return text
