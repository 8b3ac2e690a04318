"""Step three: pieces ↔ ids, from vocab.txt: one piece a line, its id the line's number from 0."""

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
    absent = [token for token in SPECIAL if token not in ids]
    if absent:
        raise CheckpointError(f"{path}: lacks {', '.join(absent)}; is it a BERT vocabulary?")
    return ids


def inverse(ids: Mapping[str, int]) -> dict[int, str]:
    """Return id → piece."""
    return {i: piece for piece, i in ids.items()}
