"""A checkpoint by its name, a path, a hub id, or one that is built in → its folder and config."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from scratch_bert.config import BertConfig
from scratch_bert.errors import CheckpointError
from scratch_bert.files import read_object
from scratch_bert.weights.builtin import BUILTIN, PREFIX
from scratch_bert.weights.config_file import config_from_values

_CONFIG = "config.json"
_TOKENIZER_FILES = (
    "vocab.txt",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "sentence_bert_config.json",  # how long a text may be, of a model for sentence embeddings
)


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint whose folder is found; its config.json is read once, when it is asked for.

    Attributes:
        name: what the user calls it, for messages.
        folder: the folder of its files.
    """

    name: str
    folder: Path

    @classmethod
    def of(cls, name: "str | Path | Checkpoint", *, weights: bool = True) -> "Checkpoint":
        """Find a checkpoint by its name, as `resolve` does; one that is found stays as it is.

        Raises:
            CheckpointError: there is none of this name, or it cannot be downloaded.
        """
        if isinstance(name, Checkpoint):
            return name
        return cls(str(name), resolve(name, weights=weights))

    @cached_property
    def values(self) -> dict[str, Any]:
        """The entries of config.json, as they are in the file.

        Raises:
            CheckpointError: the file is missing or damaged.
        """
        values = read_object(self.folder / _CONFIG)
        if values is None:
            raise CheckpointError(f"{self.folder / _CONFIG}: there is no such file")
        return values

    @property
    def config(self) -> BertConfig:
        """A new configuration from these entries.

        Raises:
            CheckpointError: the file is missing or damaged, or an entry has a wrong value.
        """
        values = self.values
        try:
            return config_from_values(values)
        except CheckpointError as error:
            raise CheckpointError(f"{self.folder / _CONFIG}: {error}") from None

    @property
    def architecture(self) -> str:
        """The class that config.json names first, such as "BertForMaskedLM"; "" if it names none.

        Raises:
            CheckpointError: the file is missing or damaged.
        """
        named = self.values.get("architectures")
        return str(named[0]) if isinstance(named, list) and named else ""


def resolve(name: str | Path, *, weights: bool = True) -> Path:
    """Find a checkpoint's folder, downloading or making it where needed.

    Args:
        name: a folder; "builtin:minilm", "builtin:adversarial" or "builtin:bert-base"; or a hub id
            such as "bert-base-uncased", for which huggingface_hub's cache and its offline switch
            (`HF_HUB_OFFLINE=1`) hold.
        weights: whether a download fetches them too; a tokenizer needs none.

    Raises:
        CheckpointError: it is none of these, or cannot be had.
    """
    if str(name).startswith(PREFIX):
        if str(name) not in BUILTIN:
            raise CheckpointError(f"{name}: not built in; there are {', '.join(BUILTIN)}")
        return BUILTIN[str(name)]()
    folder = Path(name)
    try:
        if name and folder.is_dir():
            return folder
        if folder.is_file():
            raise CheckpointError(f"{name}: is a file, expected the folder it lies in")
    except OSError as error:  # a name longer than names may be, a folder that may not be entered
        raise CheckpointError(f"{name}: {error.strerror}") from None
    if isinstance(name, Path) or name.startswith((".", "/", "~")) or name.count("/") > 1:
        raise CheckpointError(f"{name}: there is no such folder")
    return _download(name, weights)


def _download(hub_id: str, with_weights: bool) -> Path:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import (
        EntryNotFoundError,
        HfHubHTTPError,
        HFValidationError,
        LocalEntryNotFoundError,
    )

    def fetch(file: str) -> Path | None:
        try:
            return Path(hf_hub_download(hub_id, file))
        except EntryNotFoundError:
            return None

    try:
        config = Path(hf_hub_download(hub_id, _CONFIG))
        for file in _TOKENIZER_FILES:
            fetch(file)
        if with_weights:
            _fetch_weights(fetch)
    except HFValidationError:
        raise CheckpointError(f"{hub_id}: neither a folder nor a hub id") from None
    except LocalEntryNotFoundError:
        raise CheckpointError(
            f"{hub_id}: not a folder, not in the hub's cache, and the hub cannot be reached. "
            f"Without a network there are {', '.join(BUILTIN)}"
        ) from None
    except (HfHubHTTPError, OSError) as error:
        raise CheckpointError(
            f"{hub_id}: not a folder, and the hub did not give it ({type(error).__name__}: "
            f"{str(error).partition(chr(10))[0]}). Without a network there are {', '.join(BUILTIN)}"
        ) from None
    return config.parent


def _fetch_weights(fetch: Callable[[str], Path | None]) -> None:
    from scratch_bert.weights.files import (  # with torch, so not sooner
        WEIGHT_FILES,
        read_weight_map,
    )

    weights = next((path for file in WEIGHT_FILES if (path := fetch(file))), None)
    if weights is not None and weights.name.endswith(".index.json"):
        for shard in set(read_weight_map(weights).values()):
            fetch(shard)
