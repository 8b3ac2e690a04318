"""Tries of mistakes: made in the reference, do they give a candidate's numbers?"""

import math
from collections.abc import Iterator

from torch import Tensor

from parity.core.cause import Cause, Injections
from parity.core.compare import Status
from parity.core.mistake import Injection, Mistake
from parity.core.probes import Mode
from parity.diagnosis.counterfactual import Counterfactual
from parity.diagnosis.observations import Observations
from parity.model.expected import GRADIENT, RecordedProbe


class Tries:
    """Makes mistakes, and compares what comes of them with a candidate's numbers.

    Args:
        counterfactual: makes them.
        observed: what the candidate computed.
        known: mistakes that are made in any case.
    """

    def __init__(
        self, counterfactual: Counterfactual, observed: Observations, known: Injections
    ) -> None:
        self._known, self._counterfactual, self.observed = known, counterfactual, observed
        self._names = counterfactual.stages

    def at(self, stage: str, known: Mistake) -> Iterator[Injections]:
        """Yield a mistake at its places before a stage: at all of them, then at each.

        First where it is also made behind the stage, in the same layer, and nobody sees it.
        """
        near = self.near(stage, known)
        layer, shown = stage.split(".")[:3], {*self.observed.shown}
        places = known.places(self._names, self._counterfactual.layers) if near else []
        behind = [
            place
            for place in places
            if place not in near
            and not {*place} & shown
            and all(name.split(".")[:3] == layer for name in place)
        ]
        wrong = [place for place in places if {*place} <= self.observed.wrong.keys()]
        if len(wrong) > 1 and self.observed.mode(stage) is Mode.TRAIN:
            yield tuple(Injection(known, place) for place in wrong)  # which share their masks
        if behind and not stage.endswith(GRADIENT):
            yield tuple(Injection(known, place) for place in (*near, *behind))
        if len(near) > 1:
            yield tuple(Injection(known, place) for place in near)
        for place in near:
            yield (Injection(known, place),)

    def near(self, stage: str, known: Mistake) -> list[tuple[str, ...]]:
        """The known's places between a stage and those before it that are shown."""
        places = known.places(self._names, self._counterfactual.layers)
        if stage.endswith(GRADIENT):  # it comes from behind, from as far as there is
            return places
        gap = self.gap(stage)
        return [place for place in places if gap & {*place}]

    def gap(self, stage: str) -> set[str]:
        """The stages that a stage is made from and nobody sees, and itself."""
        shown, gap = {*self.observed.shown}, {stage}
        for name in reversed(self._names[: self._names.index(stage)]):
            if name not in shown:
                gap.add(name)
            elif _is_whole(name):
                break
        return gap

    def left(self, stage: str, mistakes: Injections) -> float:
        """The share that is left on the probe that shows the stage best; 0 within the tolerance."""
        probe, before = next(iter(self.observed.wrong[stage].items()))
        made = self.made(probe, stage, mistakes)
        if made is None:
            return math.inf
        after = self.observed.compare(probe, stage, made)
        if after.passed:
            return 0
        left = after.max_abs / before.max_abs
        return left if math.isfinite(left) else math.inf

    def run(
        self, recorded: RecordedProbe, mistakes: Injections, until: str = ""
    ) -> dict[str, Tensor]:
        made = self._known + mistakes
        return self._counterfactual.run(recorded, made, self.observed.shown, until)

    def made(self, probe: str, stage: str, mistakes: Injections) -> Tensor | None:
        """What comes out at a stage; None where the model cannot run so."""
        recorded = self.observed.recorded[probe]
        try:
            made = self.run(recorded, mistakes, until=stage)
            return made.get(stage)
        except (RuntimeError, IndexError, KeyError):
            return None

    def verified(self, stage: str, mistakes: Injections) -> Cause | None:
        """Return the cause, if all that mistakes change is as the candidate has it."""
        changed = {stage}
        shapes = {row.status is Status.SHAPE for row in self.observed.wrong[stage].values()}
        # What stands for "masked" in the scores is never put right, so what follows may differ.
        masks = stage.endswith(".scores")
        alone = all(each.stages == (stage,) for each in mistakes) and shapes == {False}
        for probe in self.observed.similar_probes(stage):
            recorded = self.observed.recorded[probe]
            if (
                alone and not masks and self.observed.mode(stage) is Mode.EVALUATE
            ):  # what follows is right again
                there = self.made(probe, stage, mistakes)
                if there is None or not self.observed.compare(probe, stage, there).passed:
                    return None
                continue
            made = self.run(recorded, mistakes)
            for name in made.keys() & {*recorded.names} & {*self.observed.shown}:
                right = next(recorded.compare(name, made[name], recorded.get(name), "isolated"))
                if not right.passed:
                    changed.add(name)
                if name in changed and not self.observed.compare(probe, name, made[name]).passed:
                    return None
        probe, before = next(iter(self.observed.wrong[stage].items()))
        there = self.made(probe, stage, mistakes)
        assert there is not None
        after = self.observed.compare(probe, stage, there).max_abs
        stages = tuple(name for name in self.observed.wrong if name in changed)
        return Cause(mistakes, stages, probe, before.max_abs, after)


def _is_whole(stage: str) -> bool:
    """Whether all there is of a token goes through a stage."""
    parts = stage.split(".")
    return parts[-1] in ("embeddings", "sum", "LayerNorm") or parts[-1].isdigit()
