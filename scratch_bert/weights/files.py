"""Files of weights in, files of weights out; nothing is executed, nothing is half-written.

Tensors come memory-mapped: the file's pages become the tensor's memory when they are touched, and
a write to one (training) makes a private copy of that page, so the file never changes.
"""

import json
import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from scratch_bert.errors import CheckpointError
from scratch_bert.files import replace

# In the order in which HF looks for them.
SAFETENSORS, SAFETENSORS_INDEX = "model.safetensors", "model.safetensors.index.json"
PICKLE, PICKLE_INDEX = "pytorch_model.bin", "pytorch_model.bin.index.json"
WEIGHT_FILES = (SAFETENSORS, SAFETENSORS_INDEX, PICKLE, PICKLE_INDEX)


def read_weights(folder: Path) -> dict[str, Tensor]:
    """Read a checkpoint folder's weights under the names they have in the file.

    Raises:
        CheckpointError: there are none, or a file is damaged, mislabeled, or would run code.
    """
    for name in WEIGHT_FILES:
        if (folder / name).is_file():
            path = folder / name
            return read_index(path) if name.endswith(".index.json") else read_file(path)
    raise CheckpointError(f"{folder}: holds no weights; expected one of {', '.join(WEIGHT_FILES)}")


def read_file(path: Path) -> dict[str, Tensor]:
    """Read one file of weights, by what it is called."""
    if not path.is_file():
        raise CheckpointError(f"{path}: there is no such file")
    read = _read_safetensors if path.suffix == ".safetensors" else _read_pickle
    return read(path)


def read_index(path: Path) -> dict[str, Tensor]:
    """Read a checkpoint in several files, put together by its index.

    Raises:
        CheckpointError: the index is damaged, or tells of a tensor that is not in its file.
    """
    weight_map = read_weight_map(path)
    tensors: dict[str, Tensor] = {}
    for shard in sorted(set(weight_map.values())):
        found = read_file(path.parent / shard)
        for name in [name for name, place in weight_map.items() if place == shard]:
            if name not in found:
                raise CheckpointError(
                    f"{path.parent / shard}: lacks {name}, which {path} puts there"
                )
            tensors[name] = found[name]
    return tensors


def read_weight_map(path: Path) -> dict[str, str]:
    """Read from an index in which file each tensor is.

    Raises:
        CheckpointError: it is no index, or points outside its folder.
    """
    try:
        weight_map: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))["weight_map"]
        shards = weight_map.values()
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise CheckpointError(f"{path}: not an index of weights: {error!r}") from None
    for shard in shards:
        if not isinstance(shard, str) or Path(shard).name != shard or shard in ("", ".."):
            raise CheckpointError(f"{path}: names the file {shard!r}, expected one beside it")
    return weight_map


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError, RuntimeError) as error:
        raise CheckpointError(
            f"{path}: not a whole safetensors file ({error}){_what_it_is(path)}"
        ) from None


def _read_pickle(path: Path) -> dict[str, Tensor]:
    try:
        # weights_only: an unpickler that can make tensors and dictionaries and nothing else.
        state = torch.load(
            path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path)
        )
    except pickle.UnpicklingError as error:
        reason = str(error).partition("\n")[0]
        raise CheckpointError(
            f"{path}: refused, since it holds more than weights or is no pickle; nothing in it was "
            f"run ({reason}){_what_it_is(path)}"
        ) from None
    except Exception as error:  # a damaged pickle can raise any
        raise CheckpointError(
            f"{path}: not a whole file of weights ({error}){_what_it_is(path)}"
        ) from None
    if not isinstance(state, Mapping):
        raise CheckpointError(f"{path}: holds a {type(state).__name__}, expected named tensors")
    for name, tensor in state.items():
        if not isinstance(name, str) or not isinstance(tensor, Tensor):
            kind = type(tensor).__name__
            raise CheckpointError(f"{path}: {name!r} holds a {kind}, expected named tensors")
        if tensor.layout != torch.strided or tensor.is_nested or tensor.is_meta:
            what = "meta" if tensor.is_meta else "nested" if tensor.is_nested else tensor.layout
            raise CheckpointError(f"{path}: {name} is {what}, expected a dense tensor")
    return dict(state)


def _what_it_is(path: Path) -> str:
    """Name the common mistakes by a file's first bytes."""
    try:
        with path.open("rb") as file:
            start = file.read(64)
    except OSError as error:
        return f"; it cannot be read: {error.strerror}"
    if not start:
        return "; the file is empty"
    if start.startswith(b"version https://git-lfs"):
        return "; it is a Git LFS pointer, fetch the file itself with `git lfs pull`"
    if start.lstrip().lower().startswith((b"<!doctype", b"<html")):
        return "; it is a web page, download the file again"
    if start.startswith((b"PK", b"\x80")) and path.suffix == ".safetensors":
        return f"; it looks like a pickle, which is called {PICKLE}"
    if start[8:9] == b"{" and path.suffix != ".safetensors":
        return f"; it looks like safetensors, which is called {SAFETENSORS}"
    return ""


def write_weights(tensors: Mapping[str, Tensor], path: Path) -> None:
    """Write one safetensors file, whole or not at all."""
    contiguous = {name: tensor.detach().contiguous() for name, tensor in tensors.items()}
    # HF refuses a file whose metadata do not say for which framework its tensors are.
    replace(path, lambda place: save_file(contiguous, place, metadata={"format": "pt"}))
