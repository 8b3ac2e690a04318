"""Dropout read off a candidate's tensors: what was dropped, how often, and what was scaled.

Where a candidate draws its masks with functions of its own, no two models can be made to drop the
same numbers. But in the isolated lane all that goes into a stage is known, and so is what the stage
would be without dropout: a number of it was dropped if it is 0, and kept if it is that number over
1 - p. So the place and the scale are exact, and the rate is judged by how many are 0.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from parity.core.compare import Comparison, Status
from parity.model.expected import RecordedProbe
from parity.model.lanes import isolated
from parity.model.model_under_test import ModelUnderTest

_SIGMAS = 5.0  # a correct model is accused of a wrong rate once in 1.7 million
_SAME = 1e-7  # of the largest number; what a least-squares solution may be off
_LEAST = 1e-6  # of the largest number; smaller numbers say nothing about a mask
_ERROR_RATE = "a correct model fails this once in 1.7 million"


@dataclass(frozen=True)
class Dropped:
    """Numbers before and after dropout.

    Attributes:
        stage: whose tensor it is.
        kept: each number's factor, of those that say something: 0 if it was dropped.
        rate: what the configuration says.
    """

    stage: str
    kept: Tensor
    rate: float

    @property
    def scale(self) -> float:
        """The factor of what is kept."""
        return 1 / (1 - self.rate)

    @property
    def is_dropped(self) -> Tensor:
        """Which numbers are."""
        return self.kept.abs() < _SAME * self.scale


@dataclass
class ReadDropout:
    """What was read.

    Attributes:
        rows: a comparison for each stage; empty where nothing can be read.
        dropped: the stages before which something is dropped.
        is_right: whether all is as it should be.
    """

    rows: list[Comparison] = field(default_factory=list)
    dropped: frozenset[str] = frozenset()
    is_right: bool = False


def read_dropout(tested: ModelUnderTest, recorded: RecordedProbe) -> ReadDropout:
    """Run a candidate in training mode, each stage with right inputs, and read its masks.

    Args:
        tested: the candidate.
        recorded: what the reference makes in training mode.
    """
    if recorded.dtype is not torch.float64:
        return ReadDropout()  # rounding would be taken for a scale
    names = [name for name in recorded.names if not name.endswith(".grad")]
    made = isolated(tested, recorded, names)
    right = {name: recorded.get(name) for name in names}
    rates = {draw.stage: draw.p for draw in recorded.recording.draws(recorded.probe.name)}
    read = {each.stage: each for each in _all(made, right, rates, recorded)}
    if {stage for stage in rates if stage in names} - read.keys():
        return ReadDropout()  # some place cannot be looked at
    dropped = frozenset(name for name, each in read.items() if bool(each.is_dropped.any()))
    if not dropped:
        return ReadDropout()
    rows = []
    for name in (each for each in names if each in made):
        if name in read:
            rows.append(_judged(read[name], recorded))
        elif made[name].shape == right[name].shape:  # else it is a part, which evaluation judges
            rows += recorded.compare(name, made[name], right[name], "isolated")
    return ReadDropout(rows, dropped, all(row.passed for row in rows))


def _all(
    made: Mapping[str, Tensor],
    right: Mapping[str, Tensor],
    rates: Mapping[str, float],
    recorded: RecordedProbe,
) -> Iterator[Dropped]:
    """Read the mask at each stage before which the reference drops something."""
    for stage, rate in rates.items():
        if stage not in made or made[stage].shape != right[stage].shape:
            continue
        layer = ".".join(stage.split(".")[:3])
        if stage.endswith("attention.self"):
            known = [f"{stage}.probabilities", f"{stage}.value"]
            factors = _weights(made[stage], *(right.get(name) for name in known))
        elif stage.endswith("attention.output.sum"):
            number = int(layer.rpartition(".")[2])
            before = f"encoder.layer.{number - 1}" if number else "embeddings"
            dense = right.get(f"{layer}.attention.output.dense")
            factors = _ratios(made[stage], dense, right.get(before))
        elif stage.endswith("output.sum"):
            dense = right.get(f"{layer}.output.dense")
            factors = _ratios(made[stage], dense, right.get(f"{layer}.attention.output.LayerNorm"))
        elif stage == "embeddings":
            factors = _ratios(made[stage], right.get("embeddings.LayerNorm"), torch.zeros(()))
        else:
            continue  # a place that only a mistake has
        if factors is not None:
            inside = f"{stage}.probabilities" if factors.dim() == 4 else stage
            kept = recorded.kept(inside, right[inside])
            numbers = (factors if kept is None else factors[kept.tokens]).flatten()
            yield Dropped(stage, numbers[~numbers.isnan()], rate)


def _ratios(after: Tensor, before: Tensor | None, added: Tensor | None) -> Tensor | None:
    """Each number's factor; NaN where the number before is too small to say."""
    if before is None or added is None:
        return None
    small = before.abs() < _LEAST * before.abs().max()
    return ((after - added) / before).masked_fill(small, math.nan)


def _weights(after: Tensor, probabilities: Tensor | None, value: Tensor | None) -> Tensor | None:
    """The factor of each probability, from what the heads made of the values."""
    if probabilities is None or value is None:
        return None
    batch, heads, seq, _ = probabilities.shape
    if not (after.isfinite().all() and value.isfinite().all()):
        return None
    if value.shape[-1] // heads < seq:
        return None  # fewer equations than weights
    mixed, values = (x.view(batch, seq, heads, -1).transpose(1, 2) for x in (after, value))
    weights = torch.linalg.lstsq(values.transpose(2, 3), mixed.transpose(2, 3)).solution
    return _ratios(weights.transpose(2, 3), probabilities, torch.zeros(()))


def _judged(read: Dropped, recorded: RecordedProbe) -> Comparison:
    """Judge the scale and the rate of one place."""
    scale, count, dropped = read.scale, len(read.kept), read.is_dropped
    wrong = ~dropped & ((read.kept - scale).abs() > _SAME * scale)
    share = float(dropped.double().mean())
    spread = math.sqrt(read.rate * (1 - read.rate) / max(count, 1))
    told = f"read off the tensors, {share:.3g} of {count} numbers are dropped"
    if bool(wrong.any()):
        factor = float(read.kept[wrong][0])
        note = f"{told}; others are multiplied by {factor:.4g}, expected {scale:.4g}"
        return recorded.row(read.stage, Status.VALUE, note, "isolated")
    if abs(share - read.rate) > _SIGMAS * spread:
        note = f"{told}, expected {read.rate:g}; {_ERROR_RATE}"
        return recorded.row(read.stage, Status.VALUE, note, "isolated")
    return recorded.row(read.stage, Status.MATCH, f"{told}; {_ERROR_RATE}", "isolated")
