"""What the reference was recorded to compute on a probe, and what of it a candidate may differ."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from parity.core.compare import Attended, Comparison, Status, attended, compare
from parity.core.probes import Probe
from parity.core.recording import Recording
from parity.core.tolerance import FLOAT64, GRADIENT_ROUNDING, OWN_ERROR, ROUNDING

GRADIENT = ".grad"


@dataclass(frozen=True)
class RecordedProbe:
    """One probe's part of a recording.

    Attributes:
        recording: the reference's.
        probe: which part of it.
        dtype: what the candidate computes in.
        relative: may differ by this share of a tensor's largest magnitude; None means what
            `parity.core.tolerance` says.
        histogram: whether differences are counted, too.
    """

    recording: Recording
    probe: Probe
    dtype: torch.dtype
    relative: float | None = None
    histogram: bool = False

    @cached_property
    def names(self) -> list[str]:
        """The stages, in the order of computation; a gradient's name ends with `.grad`."""
        return self.recording.stages(self.probe.name)

    def get(self, name: str) -> Tensor:
        """Read a stage's tensor."""
        return self.recording.get(self.probe.name, name)

    def compare(self, name: str, ours: Tensor, theirs: Tensor, lane: str) -> Iterator[Comparison]:
        """Compare what belongs to tokens, and in a lane of its own what belongs to padding."""
        if self.dtype is not torch.float64 and ours.is_floating_point():
            ours = ours.double()  # exactly; parts of such a model may compute in other dtypes
        kept = self.kept(name, theirs)
        if ours.shape != theirs.shape or kept is None:
            yield self._compared(name, ours, theirs, lane)
            return
        yield self._masked(name, ours, theirs, lane, ~kept.tokens)
        if lane == "propagated" and bool(kept.padding.any()):
            yield self._masked(name, ours, theirs, "padding", ~kept.padding)

    def kept(self, name: str, theirs: Tensor) -> Attended | None:
        """Say which numbers of a stage belong to tokens; None means all."""
        mask = self.probe.batch.get("attention_mask")
        weight = name.removesuffix(GRADIENT).endswith((".weight", ".bias"))
        if mask is None or bool(mask.all()) or weight:
            return None
        return attended(name, theirs, mask)

    def put(self, name: str, ours: Tensor, theirs: Tensor | None = None) -> Tensor | None:
        """What the candidate goes on with in place of its own numbers, if there is such a thing.

        What stands for "not attended" in the scores stays its own: there a mask is right or wrong.
        """
        theirs = self.get(name) if theirs is None else theirs
        if ours.shape != theirs.shape:
            return None
        mask = self.probe.batch.get("attention_mask")
        if mask is None or not name.endswith(".scores"):
            return theirs
        return torch.where(mask.bool()[:, None, None, :], theirs, ours.detach())

    @property
    def labels(self) -> dict[str, Any]:
        """What each comparison on this probe says about it."""
        return {"probe": self.probe.name, "scope": str(self.probe.scope)}

    def row(self, name: str, status: Status, note: str, lane: str = "propagated") -> Comparison:
        """Say something about a stage that no numbers say."""
        return Comparison(name, status, note=note, lane=lane, **self.labels)

    def _masked(
        self, name: str, ours: Tensor, theirs: Tensor, lane: str, hidden: Tensor
    ) -> Comparison:
        row = self._compared(name, ours.masked_fill(hidden, 0), theirs.masked_fill(hidden, 0), lane)
        if not row.histogram:
            return row
        counts = {"0": 0, **row.histogram}
        counts["0"] -= int(hidden.sum())
        return replace(row, histogram={name: count for name, count in counts.items() if count})

    def _compared(self, name: str, ours: Tensor, theirs: Tensor, lane: str) -> Comparison:
        plain = name.removesuffix(GRADIENT)
        if self.relative is None and not math.isfinite(self._noise(name, lane)):
            note = "the reference itself overflows here"
            return self.row(plain, Status.UNSUPPORTED, note, lane)
        magnitude, beside = _largest(theirs), self._beside(name)
        allowed = self.allowed(name, theirs, lane)
        row = compare(
            plain, ours, theirs, allowed, histogram=self.histogram, lane=lane, **self.labels
        )
        return replace(row, max_rel=row.max_abs / max(magnitude, beside)) if beside else row

    def allowed(self, name: str, theirs: Tensor, lane: str) -> float:
        """Say what a stage's numbers may differ by, given the reference's."""
        magnitude, beside = _largest(theirs), self._beside(name)
        if self.relative is not None:
            return self.relative * max(magnitude, beside)
        if self.dtype is torch.float64:
            return max(FLOAT64 * max(magnitude, beside), self._cancelled(name))
        rounding = ROUNDING * torch.finfo(self.dtype).eps * magnitude
        return OWN_ERROR * self._noise(name, lane) + rounding

    def _cancelled(self, name: str) -> float:
        """What rounding leaves of a gradient in which everything cancels; 0 for other tensors."""
        if not name.endswith(GRADIENT):
            return 0.0
        weight = name.removesuffix(GRADIENT).endswith((".weight", ".bias"))
        largest = self.recording.largest(self.probe.name, weight)
        return GRADIENT_ROUNDING * torch.finfo(torch.float64).eps * largest

    def _noise(self, name: str, lane: str) -> float:
        dtype = str(self.dtype).removeprefix("torch.")
        return self.recording.noise(self.probe.name, dtype, lane, name)

    def _beside(self, name: str) -> float:
        """The magnitude of the gradient of a bias's weight, if it is one.

        Both are sums of the same numbers, but those of a key's bias cancel each other, since
        softmax does not see it.
        """
        weight = name.removesuffix(f".bias{GRADIENT}") + f".weight{GRADIENT}"
        return _largest(self.get(weight)) if weight in self.names else 0.0


def _largest(tensor: Tensor) -> float:
    """The largest magnitude, found without a copy."""
    least, most = tensor.aminmax()
    return max(-float(least), float(most))
