"""Step three: pieces ↔ ids.

In vocab.txt each line is a piece and the line's number, from 0, its id. transformers 5 saves
tokenizer.json instead, which holds the same table.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from scratch_bert.errors import CheckpointError

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def read_vocabulary(path: Path) -> dict[str, int]:
    """Read a vocab.txt.

    Where a piece stands twice the last line counts, as in HF.

    Raises:
        CheckpointError: it is absent, not UTF-8, or lacks a special token.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise CheckpointError(f"{path}: there is no such file") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise CheckpointError(f"{path}, line {line}: not UTF-8") from None
    lines = text.removesuffix("\n").split("\n")
    ids = {line.rstrip(): i for i, line in enumerate(lines)}
    return _checked(ids, path)


def _checked(ids: dict[str, int], path: Path) -> dict[str, int]:
    absent = [token for token in SPECIAL if token not in ids]
    if absent:
        raise CheckpointError(f"{path}: lacks {', '.join(absent)}; is it a BERT vocabulary?")
    return ids


def find_vocabulary(folder: Path) -> dict[str, int]:
    """Read a checkpoint's vocab.txt, or where it has none the table in its tokenizer.json.

    Raises:
        CheckpointError: neither is there, or the one that is is damaged.
    """
    path = folder / "tokenizer.json"
    if (folder / "vocab.txt").is_file() or not path.is_file():
        return read_vocabulary(folder / "vocab.txt")
    try:
        model = json.loads(path.read_text(encoding="utf-8"))["model"]
        kind, ids = model["type"], dict(model["vocab"])
    except (ValueError, LookupError, TypeError) as error:
        raise CheckpointError(f"{path}: not a tokenizer's file: {error!r}") from None
    if kind != "WordPiece" or not all(isinstance(i, int) for i in ids.values()):
        raise CheckpointError(f"{path}: holds a {kind} vocabulary, expected WordPiece with ids")
    return _checked(ids, path)


def inverse(ids: Mapping[str, int]) -> dict[int, str]:
    """Return id → piece."""
    return {i: piece for piece, i in ids.items()}
