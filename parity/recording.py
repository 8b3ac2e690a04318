"""A model's tensors on disk, one file each, so that neither process holds them all."""

import json
from collections.abc import Iterator
from pathlib import Path

from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

_INDEX = "recording.json"


class Recording:
    """A folder with a file for each stage of each probe, and an index in the order of computation.

    Args:
        folder: where it is; made when something is added.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        index = folder / _INDEX
        self._stages: dict[str, list[str]] = (
            json.loads(index.read_text(encoding="utf-8")) if index.is_file() else {}
        )

    def add(self, probe: str, stage: str, tensor: Tensor) -> None:
        """Keep a stage's tensor."""
        path = self._path(probe, stage)
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file({stage: tensor.contiguous()}, path)
        self._stages.setdefault(probe, []).append(stage)

    def close(self) -> None:
        """Write the index, which the other process reads."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / _INDEX).write_text(json.dumps(self._stages), encoding="utf-8")

    def stages(self, probe: str) -> list[str]:
        """Return a probe's stages, in the order of computation."""
        return self._stages.get(probe, [])

    def __iter__(self) -> Iterator[str]:
        return iter(self._stages)

    def get(self, probe: str, stage: str) -> Tensor:
        """Read a stage's tensor."""
        with safe_open(self._path(probe, stage), framework="pt") as file:
            return file.get_tensor(stage)

    def _path(self, probe: str, stage: str) -> Path:
        return self.folder / probe.replace(" ", "_") / f"{stage}.safetensors"
