"""A model's tensors on disk: no process holds them all, and any language can write them.

A recording is a folder with a folder for each probe. In that the file `inputs.safetensors` holds
what the models are given, and the other `.safetensors` files, one or many, hold tensors under their
stages' names; a gradient's name ends with `.grad`. `recording.json` beside them says who made it
and, for each probe, the order of its stages, how it is run (`mode`, `dtype`), and how far the
reference itself is from its float64 numbers when it computes in a smaller dtype (`noise`).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from parity.core.dropout import Draw
from parity.core.errors import RecordingError
from parity.core.probes import Mode, Probe
from parity.core.stages import in_order

INDEX = "recording.json"
_INPUTS = "inputs.safetensors"


class Recording:
    """One such folder, written or read.

    Args:
        folder: where it is; made when something is added.
        facts: what to say about its making.
    """

    def __init__(self, folder: Path, **facts: Any) -> None:
        self.folder = folder
        self.facts: dict[str, Any] = {"format": 1, **facts}
        self._probes: dict[str, dict[str, Any]] = {}
        self._places = cache(self._find)

    @classmethod
    def read(cls, folder: Path) -> "Recording":
        """Open a folder that somebody wrote.

        Raises:
            RecordingError: it is none.
        """
        try:
            index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
            probes = {name: dict(about) for name, about in index.pop("probes").items()}
        except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
            raise RecordingError(
                f"{folder / INDEX}: is no index of a recording: {error!r}"
            ) from None
        recording = cls(folder, **index)
        recording._probes = probes
        return recording

    def close(self) -> None:
        """Write the index."""
        self.folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps({**self.facts, "probes": self._probes}, indent=1)
        (self.folder / INDEX).write_text(text, encoding="utf-8")

    def begin(self, probe: Probe) -> None:
        """Keep a probe's inputs."""
        self._probes[probe.name] = {"mode": probe.mode, "dtype": probe.dtype, "stages": []}
        self._save(probe.name, _INPUTS, probe.batch)

    def add(self, probe: str, stage: str, tensor: Tensor) -> None:
        """Keep a stage's tensor."""
        self._save(probe, f"{stage}.safetensors", {stage: tensor})
        self._probes[probe]["stages"].append(stage)

    def add_noise(self, probe: str, dtype: str, lane: str, stage: str, max_abs: float) -> None:
        """Keep how far the reference in a smaller dtype is from itself in float64."""
        noise = self._probes[probe].setdefault("noise", {})
        noise.setdefault(dtype, {}).setdefault(lane, {})[stage] = max_abs

    def add_largest(self, probe: str, of_weights: bool, magnitude: float) -> None:
        """Keep the magnitude of the largest gradient, of weights or of stages."""
        kind = "weights" if of_weights else "stages"
        largest = self._probes[probe].setdefault("largest gradient", {})
        largest[kind] = max(magnitude, largest.get(kind, 0.0))

    def largest(self, probe: str, of_weights: bool) -> float:
        """Return the magnitude of the largest gradient, 0 where it was not kept."""
        kind = "weights" if of_weights else "stages"
        return self._probes[probe].get("largest gradient", {}).get(kind, 0.0)

    def add_draws(self, probe: str, draws: Sequence[Draw]) -> None:
        """Keep what dropout dropped."""
        self._probes[probe]["draws"] = [[draw.shape, draw.p, draw.stage] for draw in draws]

    def draws(self, probe: str) -> list[Draw]:
        """Return what dropout dropped."""
        return [
            Draw(tuple(shape), p, *stage)
            for shape, p, *stage in self._probes[probe].get("draws", ())
        ]

    def probes(self) -> Iterator[Probe]:
        """Read the probes, one at a time."""
        for name, about in self._probes.items():
            path = self.folder / _folder(name) / _INPUTS
            batch = load_file(path) if path.is_file() else {}
            mode = Mode(about.get("mode", Mode.EVALUATE))
            yield Probe(name, batch, mode, about.get("dtype", ""))

    def names(self) -> list[str]:
        """Return the probes' names."""
        return [*self._probes]

    def stages(self, probe: str) -> list[str]:
        """Return a probe's stages, in the order of computation where the index knows it."""
        known = self._probes.get(probe, {}).get("stages", [])
        return in_order([*known, *sorted(self._places(probe).keys() - {*known})])

    def get(self, probe: str, stage: str) -> Tensor:
        """Read a stage's tensor.

        Raises:
            RecordingError: it is not there.
        """
        if stage not in self._places(probe):
            folder = self.folder / _folder(probe)
            raise RecordingError(f"{folder}: no file there holds {stage}, which {INDEX} names")
        with safe_open(self._places(probe)[stage], framework="pt") as file:
            return file.get_tensor(stage)

    def noise(self, probe: str, dtype: str, lane: str, stage: str) -> float:
        """Return the reference's own error there, 0 where it was not measured."""
        noise = self._probes[probe].get("noise", {})
        return noise.get(dtype, {}).get(lane, {}).get(stage, 0.0)

    def has_noise(self, probe: str, dtype: str) -> bool:
        """Whether the reference's own error was measured."""
        return dtype in self._probes[probe].get("noise", {})

    def _save(self, probe: str, name: str, tensors: Mapping[str, Tensor]) -> None:
        path = self.folder / _folder(probe) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file({each: tensor.contiguous() for each, tensor in tensors.items()}, path)
        self._places.cache_clear()

    def _find(self, probe: str) -> dict[str, Path]:
        found: dict[str, Path] = {}
        for path in sorted((self.folder / _folder(probe)).glob("*.safetensors")):
            if path.name != _INPUTS:
                try:
                    with safe_open(path, framework="pt") as file:
                        found |= dict.fromkeys(file.keys(), path)
                except (SafetensorError, OSError) as error:
                    raise RecordingError(f"{path}: is no safetensors file: {error}") from None
        return found


class MemoryRecording(Recording):
    """A recording of small models, for hundreds of runs: it is kept in memory."""

    def __init__(self) -> None:
        super().__init__(Path())
        self._batches: dict[str, Probe] = {}
        self._tensors: dict[tuple[str, str], Tensor] = {}

    def begin(self, probe: Probe) -> None:
        """Keep a probe's inputs."""
        self._probes[probe.name] = {"stages": []}
        self._batches[probe.name] = probe

    def add(self, probe: str, stage: str, tensor: Tensor) -> None:
        """Keep a stage's tensor."""
        self._tensors[probe, stage] = tensor.clone()
        self._probes[probe]["stages"].append(stage)

    def probes(self) -> Iterator[Probe]:
        """Return the probes."""
        yield from self._batches.values()

    def stages(self, probe: str) -> list[str]:
        """Return a probe's stages, in the order of computation."""
        return in_order(self._probes[probe]["stages"])

    def get(self, probe: str, stage: str) -> Tensor:
        """Return a stage's tensor."""
        return self._tensors[probe, stage]

    def close(self) -> None:
        """Nothing is written."""


def _folder(probe: str) -> str:
    return probe.replace(" ", "_")
