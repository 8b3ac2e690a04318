r"""Pieces ↔ ids.

In vocab.txt each line is a piece and the line's number, from 0, its id; lines end at `\n` only,
white space at their end is no part of the piece, and of two equal lines the last counts.
tokenizer.json holds the same table, and where both are there HF takes that one.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scratch_bert.errors import CheckpointError
from scratch_bert.files import read_text

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")

VOCAB_TXT, TOKENIZER_JSON = "vocab.txt", "tokenizer.json"

# Unicode's White_Space; `str.rstrip()` would also take U+001C to U+001F.
_WHITE_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)


def read_vocabulary(path: Path) -> dict[str, int]:
    """Read a vocab.txt.

    Raises:
        CheckpointError: it is absent, cannot be read, or is not UTF-8.
    """
    if (text := read_text(path)) is None:
        raise CheckpointError(f"{path}: there is no such file")
    return parse_vocabulary(text)


def parse_vocabulary(text: str) -> dict[str, int]:
    r"""Number the lines of a vocab.txt.

    >>> parse_vocabulary("un\n##aff \r\n\nun\n")
    {'un': 3, '##aff': 1, '': 2}
    """
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    return {line.rstrip(_WHITE_SPACE): i for i, line in enumerate(lines)}


def vocabulary_text(ids: Mapping[str, int]) -> str | None:
    r"""Write a vocab.txt; None where its lines cannot say what `ids` says.

    That is where ids have gaps, or a piece ends in white space or has a line end in it.

    >>> vocabulary_text({"##aff": 1, "un": 0})
    'un\n##aff\n'
    """
    text = "".join(f"{piece}\n" for piece in sorted(ids, key=ids.__getitem__))
    return text if parse_vocabulary(text) == dict(ids) else None


def vocabulary_in(values: Mapping[str, Any], path: Path) -> dict[str, int]:
    """Take the table out of what tokenizer.json holds; CheckpointError where it is none."""
    model = values.get("model")
    if not isinstance(model, dict) or not isinstance(model.get("vocab"), dict):
        raise CheckpointError(f"{path}: has no model with a vocab, expected WordPiece with its ids")
    if model.get("type", "WordPiece") != "WordPiece":
        raise CheckpointError(f"{path}: holds a {model['type']} vocabulary, expected WordPiece")
    pieces: dict[int, str] = {}
    for piece, i in model["vocab"].items():
        if type(i) is not int or not 0 <= i < 2**32:
            raise CheckpointError(f"{path}: {piece!r} has {i!r}, expected an id from 0 to 2**32-1")
        if i in pieces:
            raise CheckpointError(f"{path}: id {i} is both {pieces[i]!r} and {piece!r}")
        pieces[i] = piece
    return dict(model["vocab"])


def inverse(ids: Mapping[str, int]) -> dict[int, str]:
    """Return id → piece."""
    return {i: piece for piece, i in ids.items()}
