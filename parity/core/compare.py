"""Two tensors → a status and by how much they differ. Nothing is cast, squeezed or reshaped."""

import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

_POWERS = [f"1e{power:+03d}" for power in range(-323, 309)]
_DECADES = torch.tensor([*map(float, _POWERS), sys.float_info.max], dtype=torch.float64)
_DECADE_NAMES = ["0", *_POWERS, "inf"]  # infinity has become the largest number there is
_ATTENDED_KEYS = ("scores", "scores.grad", "probabilities.grad")
_BITS = {1: torch.int8, 2: torch.int16, 4: torch.int32, 8: torch.int64}


class Status(StrEnum):
    """What became of one stage."""

    MATCH = "MATCH"
    VALUE = "VALUE"  # the numbers differ by more than is allowed
    SHAPE = "SHAPE"
    DTYPE = "DTYPE"
    MISSING_OURS = "MISSING_OURS"  # the reference has this tensor, the candidate does not
    MISSING_THEIRS = "MISSING_THEIRS"
    UNSUPPORTED = "UNSUPPORTED"
    NOTE = "NOTE"  # the numbers differ, and a harmless cause explains all of the difference


@dataclass(frozen=True)
class Comparison:
    """One stage's verdict.

    Attributes:
        name: the stage.
        status: what became of it.
        bit_equal: whether every bit is the same.
        shape: the reference's, or the candidate's where there is only that.
        max_abs: largest |ours - theirs|; NaN where it cannot be said.
        max_rel: that, over the reference's largest magnitude; a mask's -3e38 is none.
        where: the index of the largest difference.
        allowed: what `max_abs` may be.
        note: in words, where numbers do not say it.
        probe: which input it was.
        lane: "propagated" if the input came through the model before it, "isolated" if it was the
            reference's; the same with "gradient"; "padding", "law"; "published" for numbers known
            from elsewhere.
        reproduction: Python that shows it again, where there is such a thing.
        checkpoint: with which weights, where there are several.
        scope: which verdict it decides, where a check has several.
        histogram: how many numbers differ by how much, by `decades`; only where it was asked for,
            and not every bit is the same.
    """

    name: str
    status: Status
    bit_equal: bool = False
    shape: tuple[int, ...] = ()
    max_abs: float = math.nan
    max_rel: float = math.nan
    where: tuple[int, ...] = ()
    allowed: float = 0.0
    note: str = ""
    probe: str = "text"
    lane: str = "propagated"
    reproduction: str = ""
    checkpoint: str = ""
    scope: str = ""
    histogram: Mapping[str, int] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong with the stage.

        It is equal, or harmlessly different, or there was nothing to compare.
        """
        return self.status in (Status.MATCH, Status.UNSUPPORTED, Status.NOTE)

    @property
    def needed(self) -> float:
        """How much of what is allowed the difference is, or how many times that."""
        if self.max_abs == 0:
            return 0.0
        return self.max_abs / self.allowed if self.allowed else math.inf


def bit_equal(ours: Tensor, theirs: Tensor) -> bool:
    """Whether shape, dtype and every bit agree: NaN equals the same NaN, and 0 is not -0."""
    if ours.shape != theirs.shape or ours.dtype != theirs.dtype:
        return False
    if not ours.is_floating_point():
        return torch.equal(ours, theirs)
    bits = _BITS[ours.element_size()]
    return torch.equal(ours.contiguous().view(bits), theirs.contiguous().view(bits))


def compare(
    name: str,
    ours: Tensor,
    theirs: Tensor,
    allowed: float,
    *,
    histogram: bool = False,
    **labels: Any,
) -> Comparison:
    """Compare one stage. With `allowed` 0 only the same bits match.

    To count differences for a `histogram` takes longer than all the rest.
    """
    shape = tuple(theirs.shape)
    row: Callable[..., Comparison] = partial(
        Comparison, name, shape=shape, allowed=allowed, **labels
    )
    if ours.shape != theirs.shape:
        return row(Status.SHAPE, note=f"ours is {tuple(ours.shape)}, theirs {shape}")
    if ours.dtype != theirs.dtype:
        return row(Status.DTYPE, note=f"ours is {ours.dtype}, theirs {theirs.dtype}")
    if bit_equal(ours, theirs):
        return row(Status.MATCH, bit_equal=True, max_abs=0.0, max_rel=0.0)

    a, b = ours.to(torch.float64), theirs.to(torch.float64)
    difference = (a - b).abs_()  # in place from here on: an embedding's gradient is large
    same = (a == b) | (a.isnan() & b.isnan())  # infinities of one sign, too
    difference.masked_fill_(same, 0.0).nan_to_num_(nan=math.inf)
    worst = tuple(int(i) for i in np.unravel_index(int(difference.argmax()), shape))
    max_abs = 0.0 if same[worst] else (a[worst] - b[worst]).abs().item()
    counts = decades(difference) if histogram else {}
    infinite = torch.finfo(theirs.dtype).max / 2 if theirs.is_floating_point() else math.inf
    sizes = torch.abs(b, out=difference)
    magnitude = sizes.masked_fill_(~(sizes < infinite), 0.0).max().item()  # but for a mask's
    status = Status.MATCH if allowed > 0 and max_abs <= allowed else Status.VALUE
    return row(
        status,
        max_abs=max_abs,
        max_rel=max_abs / magnitude if magnitude else math.inf,
        where=worst,
        histogram=counts,
    )


def decades(difference: Tensor) -> dict[str, int]:
    """Count magnitudes by their decades.

    >>> decades(torch.tensor([0.0, 0.002, 0.003, math.inf]))
    {'0': 1, '1e-03': 2, 'inf': 1}

    Returns:
        From the smallest on; under "1e-03" those of at least 1e-03 and below 1e-02. What there is
        none of is left out.
    """
    places = torch.bucketize(difference.flatten().to(torch.float64), _DECADES, right=True)
    counts = torch.bincount(places).tolist()
    return {_DECADE_NAMES[place]: count for place, count in enumerate(counts) if count}


@dataclass(frozen=True)
class Attended:
    """Two parts of a stage's tensor, as masks of its shape; some numbers are in neither."""

    tokens: Tensor
    padding: Tensor


def attended(name: str, tensor: Tensor, mask: Tensor) -> Attended | None:
    """Say which numbers of a stage belong to tokens.

    Of scores only those of keys that are attended count: what stands for "not attended" is each
    implementation's own business. So is the gradient of a probability that is 0: it depends on what
    is made of padding.

    Args:
        name: the stage; its gradient's ends with `.grad`.
        tensor: the reference's.
        mask: (batch, seq), 1 for tokens.

    Returns:
        None where the tensor has no rows of the batch.
    """
    rows = mask.bool()
    batch, seq = rows.shape
    if tensor.shape[0] != batch:
        return None
    if tensor.shape[1:2] == (seq,) and tensor.dim() == 3:
        tokens, padding = rows[:, :, None], ~rows[:, :, None]
    elif tensor.dim() == 4 and tensor.shape[2:] == (seq, seq):
        queries, keys = rows[:, None, :, None], rows[:, None, None, :]
        keys = keys if name.endswith(_ATTENDED_KEYS) else torch.ones_like(keys)
        tokens, padding = queries & keys, ~queries & keys
    else:
        first = rows[:, 0].reshape(batch, *[1] * (tensor.dim() - 1))
        tokens, padding = first, ~first
    return Attended(tokens.expand_as(tensor), padding.expand_as(tensor))
