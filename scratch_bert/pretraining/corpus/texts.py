r"""Raw text: from files, folders and gzip, or what Python brings; and its sentences.

>>> sentences("It works, e.g. here. Does it? \"Yes.\" It\ndoes.")
['It works, e.g. here.', 'Does it?', '"Yes."', 'It does.']
"""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from scratch_bert.errors import CorpusError
from scratch_bert.pretraining.corpus.text_files import check_file, files_of, opened

# What ends a sentence, where something follows that begins one; not an abbreviation or an initial.
_CLOSING, _OPENING = "\"')\\]\u201d\u2019", "\"'(\\[\u201c\u2018"
_END = re.compile(
    rf"[.!?\u2026](?<!\be\.g.)(?<!\bi\.e.)(?<!\b[A-Z].)[{_CLOSING}]*(?= [{_OPENING}]?[A-Z0-9])"
)
_BLOCK = re.compile(r"\n[^\S\n]*\n")
_CODE = re.compile(r"\*\*\*|===|---|\^\^\^|\|")


class Text(NamedTuple):
    """A document.

    Attributes:
        source: where it is from, for messages.
        text: all of it.
        read: how much was read for it: bytes of a file, rows of a dataset.
    """

    source: str
    text: str
    read: int


def builtin_texts() -> Iterator[Text]:
    """Yield the prose of the documentation that Python's own `help()` shows, topic by topic."""
    from pydoc_data.topics import topics

    for name, text in sorted(topics.items()):
        blocks = (block.strip("\n") for block in _BLOCK.split(text))
        prose = [b for b in blocks if b[:1].strip() and not _CODE.search(b) and len(b.split()) >= 8]
        if prose:
            yield Text(f"help({name!r})", "\n\n".join(prose), len(text))


def file_texts(
    paths: Sequence[Path], *, whole_files: bool, skip: Callable[[str], object] | None = None
) -> Iterator[Text]:
    """Yield the documents of files, and of all files in folders; those in .gz are unpacked.

    A file is read twice: whether it can be used is known before anything of it is.

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
                check_file(file)
            except CorpusError as error:
                if skip is None:
                    raise
                skip(str(error))
                continue
            with opened(file) as (text, raw):
                read = 0
                for document in [text.read()] if whole_files else _blocks(text):
                    yield Text(str(file), document, raw.tell() - read)
                    read = raw.tell()


def _blocks(lines: Iterator[str]) -> Iterator[str]:
    """Yield what stands between empty lines."""
    for blank, block in groupby(lines, key=str.isspace):
        if not blank:
            yield "".join(block)


def sentences(text: str) -> list[str]:
    """Cut a document after what ends a sentence, and between paragraphs."""
    found = []
    for block in _BLOCK.split(text):
        line = " ".join(block.split())
        ends = [match.end() for match in _END.finditer(line)]
        starts = [0, *(end + 1 for end in ends)]
        found += [line[a:b] for a, b in zip(starts, [*ends, len(line)], strict=True) if a < b]
    return found
