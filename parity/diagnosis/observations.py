"""What a candidate computed where it is wrong, beside what the reference did.

And what can be said about a difference that no known mistake explains.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from parity.core.compare import Comparison
from parity.core.probes import Mode, Probe
from parity.model.expected import RecordedProbe

_LONG = 64  # tokens
_UNLIKE = 0.3  # correlation; chance leaves less between 48 features of a few rows
_SAME = 1e-9  # of the largest number; other orders of additions leave 1e-14
_ORDER = (Mode.EVALUATE, Mode.TRAIN, Mode.BACKWARD)


@dataclass(frozen=True)
class Observations:
    """A candidate's own numbers in the isolated lane.

    Attributes:
        recorded: of the probes, by name.
        ours: for each probe the numbers of stages that are wrong; what is not here is right.
        shown: all stages, outputs and gradients of the candidate that are judged.
    """

    recorded: Mapping[str, RecordedProbe]
    ours: Mapping[str, Mapping[str, Tensor]]
    shown: Collection[str]

    @cached_property
    def wrong(self) -> dict[str, dict[str, Comparison]]:
        """For each wrong stage, first to last, the probes that show it; the best come first."""
        found: dict[str, dict[str, Comparison]] = {}
        for probe in sorted(self.recorded, key=self._cost):
            for stage in self.recorded[probe].names:
                if stage in self.ours.get(probe, {}):
                    row = self.compare(probe, stage, self.recorded[probe].get(stage))
                    if not row.passed:
                        found.setdefault(stage, {})[probe] = row
        order = [stage for recorded in self.recorded.values() for stage in recorded.names]
        places = {stage: place for place, stage in reversed([*enumerate(order)])}
        return {stage: found[stage] for stage in sorted(found, key=lambda each: places[each])}

    def compare(self, probe: str, stage: str, made: Tensor) -> Comparison:
        """Compare the candidate's numbers with others, as the judge does."""
        recorded = self.recorded[probe]
        ours = self.ours.get(probe, {}).get(stage)
        ours = recorded.get(stage) if ours is None else ours
        return next(recorded.compare(stage, ours, made, "isolated"))

    def residual(self, probe: str, stage: str, made: Tensor) -> Tensor:
        """By how much the candidate's numbers differ from others, at tokens; flat."""
        ours = self.ours[probe][stage]
        kept = self.recorded[probe].kept(stage, made)
        difference = (ours - made).double()
        return (difference if kept is None else difference[kept.tokens]).flatten()

    def mode(self, stage: str) -> Mode:
        """How a model is run that shows a stage wrong; evaluation, if that does."""
        return self.recorded[next(iter(self.wrong[stage]))].probe.mode

    def similar_probes(self, stage: str) -> Sequence[str]:
        """Return the probes that a mistake at a stage must explain: of the kind that shows it."""
        best = self._cost(next(iter(self.wrong[stage])))
        return [name for name in self.recorded if self._cost(name) == best]

    def _cost(self, name: str) -> tuple[int, bool]:
        probe = self.recorded[name].probe
        return _ORDER.index(probe.mode), is_long(probe)


def is_long(probe: Probe) -> bool:
    """Whether a probe takes so long that it is asked only for what no other shows."""
    return probe.batch["input_ids"].shape[1] > _LONG


def describe_unknown(observations: Observations, stage: str, heads: int) -> list[str]:
    """Say what is known about a stage that is wrong.

    Args:
        observations: what the candidate computed.
        stage: one that is wrong.
        heads: how many the attention has.
    """
    probe = next(iter(observations.wrong[stage]))
    recorded = observations.recorded[probe]
    ours, theirs = observations.ours[probe][stage].double(), recorded.get(stage).double()
    if ours.shape != theirs.shape:
        return [f"its shape is {tuple(ours.shape)}, expected {tuple(theirs.shape)}"]
    kept = recorded.kept(stage, theirs)
    tokens = torch.ones_like(theirs, dtype=torch.bool) if kept is None else kept.tokens
    facts = [
        *_inputs(observations, stage),
        *_numbers(ours[tokens], theirs[tokens]),
        *_heads(ours, theirs, tokens, heads),
        *_features(ours, theirs, tokens),
        *_positions(ours, theirs, tokens, recorded.probe.batch.get("token_type_ids")),
    ]
    return facts or [*_unlike(ours[tokens], theirs[tokens])]


def _same(ours: Tensor, theirs: Tensor) -> bool:
    return bool((ours - theirs).abs().max() <= _SAME * theirs.abs().max())


def _inputs(observations: Observations, stage: str) -> Iterator[str]:
    wrong = observations.wrong[stage]
    right = [name for name in observations.similar_probes(stage) if name not in wrong]
    if right:
        yield f"it is wrong on {', '.join(wrong)}, right on {', '.join(right)}"


def _numbers(ours: Tensor, theirs: Tensor) -> Iterator[str]:
    """A shift, a scale, or other places."""
    if not bool(ours.isfinite().all()):
        yield f"{int((~ours.isfinite()).sum())} of its {len(ours)} numbers are infinite or NaN"
    elif not bool(ours.any()):
        yield "its numbers are all 0"
    elif _same(ours, theirs + (shift := (ours - theirs).mean())):
        yield f"its numbers are the reference's plus {shift.item():.6g}"
    elif _same(ours, theirs * (scale := ours.dot(theirs) / theirs.dot(theirs))):
        yield f"its numbers are the reference's times {scale.item():.6g}"
    elif len(factors := (ours[ours != 0] / theirs[ours != 0]).double()) and _same(
        factors, factors[:1].expand_as(factors)
    ):
        dropped = float((ours == 0).double().mean())
        yield f"{dropped:.1%} of its numbers are 0, the others are multiplied by {factors[0]:.6g}"
    elif _same(ours.sort().values, theirs.sort().values):
        yield "its numbers are the reference's in other places"


def _unlike(ours: Tensor, theirs: Tensor) -> Iterator[str]:
    """Numbers that have nothing in common with the reference's, as those of fresh weights."""
    correlation = float(torch.corrcoef(torch.stack([ours, theirs]))[0, 1])
    if abs(correlation) < _UNLIKE:
        yield (
            f"its numbers have nothing in common with the reference's (correlation "
            f"{correlation:.2f}): are its weights loaded?"
        )


def _heads(ours: Tensor, theirs: Tensor, tokens: Tensor, heads: int) -> Iterator[str]:
    """Which of them, or which stands in the place of which."""
    if ours.dim() == 3 and ours.shape[-1] % heads == 0:
        ours, theirs, tokens = (
            each.reshape(*each.shape[:2], heads, -1).transpose(1, 2)
            for each in (ours, theirs, tokens)
        )
    if ours.dim() != 4:
        return
    mine, expected = ours.masked_fill(~tokens, 0), theirs.masked_fill(~tokens, 0)
    found = [
        next((j for j in range(heads) if _same(mine[:, i], expected[:, j])), None)
        for i in range(heads)
    ]
    wrong = [i for i, j in enumerate(found) if i != j]
    if len(wrong) < heads:
        yield f"only in heads {_listed(wrong)}, counted from 0"
    moved = [f"{j} in the place of {i}" for i, j in enumerate(found) if j not in (i, None)]
    if moved:
        yield f"its heads have changed places: {', '.join(moved)}"


def _features(ours: Tensor, theirs: Tensor, tokens: Tensor) -> Iterator[str]:
    """Something that is the same for all tokens."""
    if ours.dim() != 3:
        return
    mine, expected = ours[tokens[..., 0]], theirs[tokens[..., 0]]
    difference, factor = mine - expected, mine / expected
    if len(mine) > 1 and _same(difference, difference[:1].expand_as(difference)):
        yield "the same vector is added to every token"
    if len(mine) > 1 and _same(factor, factor[:1].expand_as(factor)):
        yield "each feature has a factor, the same for every token"


def _positions(
    ours: Tensor, theirs: Tensor, tokens: Tensor, segments: Tensor | None
) -> Iterator[str]:
    if ours.dim() != 3:
        return
    allowed = _SAME * theirs[tokens].abs().max()
    wrong = (((ours - theirs).abs() > allowed) & tokens).any(2)
    positions = wrong.any(0).nonzero().flatten().tolist()
    if len(positions) < int(tokens.any(2).any(0).sum()):
        yield f"only at positions {_listed(positions)}, counted from 0"
    if segments is not None and bool(segments.any()) and not bool((wrong & (segments == 0)).any()):
        yield "only at tokens of segment 1"


def _listed(numbers: list[int]) -> str:
    return ", ".join(map(str, numbers[:10])) + (" and more" if len(numbers) > 10 else "")
