"""What a candidate computed where it is wrong, beside what the reference did."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from torch import Tensor

from parity.core.compare import Comparison
from parity.core.probes import Mode, Probe
from parity.model.expected import Witness

_LONG = 64  # tokens
_ORDER = (Mode.EVALUATE, Mode.TRAIN, Mode.BACKWARD)


@dataclass(frozen=True)
class Evidence:
    """A candidate's own numbers in the isolated lane.

    Attributes:
        witnesses: of the probes, by name.
        ours: for each probe the numbers of stages that are wrong; what is not here is right.
        shown: all stages, outputs and gradients of the candidate that are judged.
        known: what is expected on each probe where it is not what the reference makes: what that
            makes with mistakes that are known already.
    """

    witnesses: Mapping[str, Witness]
    ours: Mapping[str, Mapping[str, Tensor]]
    shown: Collection[str]
    known: Mapping[str, Mapping[str, Tensor]]

    @cached_property
    def wrong(self) -> dict[str, dict[str, Comparison]]:
        """For each wrong stage, first to last, the probes that show it; the best come first."""
        found: dict[str, dict[str, Comparison]] = {}
        for probe in sorted(self.witnesses, key=self._cost):
            for stage in self.witnesses[probe].names:
                if stage in self.ours.get(probe, {}):
                    row = self.beside(probe, stage, self.expected(probe, stage))
                    if not row.passed:
                        found.setdefault(stage, {})[probe] = row
        order = [stage for witness in self.witnesses.values() for stage in witness.names]
        places = {stage: place for place, stage in reversed([*enumerate(order)])}
        return {stage: found[stage] for stage in sorted(found, key=lambda each: places[each])}

    def expected(self, probe: str, stage: str) -> Tensor:
        """What a stage should be, but for the mistakes that are known."""
        known = self.known.get(probe, {}).get(stage)
        return self.witnesses[probe].get(stage) if known is None else known

    def beside(self, probe: str, stage: str, made: Tensor) -> Comparison:
        """Compare the candidate's numbers with others, as the judge does."""
        witness = self.witnesses[probe]
        ours = self.ours.get(probe, {}).get(stage)
        ours = self.expected(probe, stage) if ours is None else ours
        return next(witness.compare(stage, ours, made, "isolated"))

    def residual(self, probe: str, stage: str, made: Tensor) -> Tensor:
        """By how much the candidate's numbers differ from others, at tokens; flat."""
        ours = self.ours[probe][stage]
        kept = self.witnesses[probe].kept(stage, made)
        difference = (ours - made).double()
        return (difference if kept is None else difference[kept.tokens]).flatten()

    def mode(self, stage: str) -> Mode:
        """How a model is run that shows a stage wrong; evaluation, if that does."""
        return self.witnesses[next(iter(self.wrong[stage]))].probe.mode

    def like(self, stage: str) -> Sequence[str]:
        """Return the probes that a mistake at a stage must explain: of the kind that shows it."""
        best = self._cost(next(iter(self.wrong[stage])))
        return [name for name in self.witnesses if self._cost(name) == best]

    def _cost(self, name: str) -> tuple[int, bool]:
        probe = self.witnesses[name].probe
        return _ORDER.index(probe.mode), is_long(probe)


def is_long(probe: Probe) -> bool:
    """Whether a probe takes so long that it is asked only for what no other shows."""
    return probe.batch["input_ids"].shape[1] > _LONG
