"""Text and JSON in, with the line of what is wrong; any file out, whole or not at all."""

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scratch_bert.errors import CheckpointError

# In order: an escaped backslash, a whole surrogate pair, half of one.
_SURROGATES = re.compile(
    r"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)


def sha256(path: Path) -> str:
    """Return a file's sha256 in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_text(path: Path) -> str | None:
    """Read a file of UTF-8; None where there is no such file.

    Raises:
        CheckpointError: it cannot be read, or is not UTF-8.
    """
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise CheckpointError(f"{path}, line {line}: not UTF-8") from None


def read_object(path: Path) -> dict[str, Any] | None:
    """Read a file that holds one JSON object; None where there is no such file.

    Raises:
        CheckpointError: it cannot be read, is not JSON, or holds something else.
    """
    if (text := read_text(path)) is None:
        return None
    try:
        values = json.loads(text)
    except json.JSONDecodeError as error:
        raise CheckpointError(f"{path}, line {error.lineno}: not JSON: {error.msg}") from None
    except (ValueError, RecursionError) as error:  # a number or a nesting beyond all measure
        raise CheckpointError(f"{path}: not a JSON file: {error}") from None
    for match in _SURROGATES.finditer(text):
        if match["half"]:
            line = text.count("\n", 0, match.start()) + 1
            raise CheckpointError(f"{path}, line {line}: {match['half']} is half a character")
    if not isinstance(values, dict):
        raise CheckpointError(f"{path}: holds a {type(values).__name__}, expected an object")
    return values


def write_text(path: Path, text: str) -> None:
    """Write a file of UTF-8, whole or not at all."""
    replace(path, lambda place: place.write_bytes(text.encode("utf-8")))


def replace(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a file beside `path`, then put it there in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    place = Path(name)
    try:
        write(place)
        place.chmod(0o666 & ~_umask())
        place.replace(path)
    except BaseException:
        place.unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
