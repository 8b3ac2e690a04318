"""Tries known mistakes, one, then two at once, until one gives a candidate's numbers at a stage."""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice

import torch
from torch import Tensor

from parity.core.cause import Cause, Injections
from parity.core.compare import Status
from parity.core.mistake import Injection, Mistake
from parity.core.probes import Mode
from parity.core.stages import OUTPUTS
from parity.diagnosis.counterfactual import Counterfactual
from parity.diagnosis.measured.parts import Measured
from parity.diagnosis.measured.search import Spy, guessed, measured
from parity.diagnosis.observations import Observations
from parity.model.expected import GRADIENT, RecordedProbe
from parity.model.mistakes.catalogue import CATALOGUE

_PARTNERS = 8  # mistakes that are tried with every other one where none suffices
_PAIRS = 300  # tries of two mistakes
_STEPS = 12  # towards a parameter
_DIGITS = 5  # of a parameter that is written shorter
_ALTERNATIVES = 8  # causes made of measured parts, from which the confirmation chooses


@dataclass(frozen=True)
class Alternatives:
    """The causes that explain a stage.

    Attributes:
        best: those that were looked for, the best first.
        others: more, which are looked for when these are asked for.
    """

    best: list[Cause]
    others: Iterator[Cause]


class Search:
    """Tries mistakes.

    Args:
        counterfactual: makes them.
        observations: is to be explained.
        known: mistakes that are made in any case.
    """

    def __init__(
        self, counterfactual: Counterfactual, observations: Observations, known: Injections
    ) -> None:
        self._known = known
        self._counterfactual = counterfactual
        self._observed = observations
        self._names = counterfactual.stages
        self._pairs_left = _PAIRS
        self._found: list[Injection] = []
        self._unknown: set[str] = set()  # stages without their layers' numbers

    def explain(self, stage: str) -> Alternatives:
        """Find what gives a stage's numbers, the best first."""
        again = self._again(stage)
        causes = again or self._anew(stage)
        self._found += [mistake for cause in causes[:1] for mistake in cause.mistakes]
        if not causes:
            self._unknown.add(_kind(stage))
        return Alternatives(causes, self._others(stage, known=bool(again)))

    def _others(self, stage: str, *, known: bool) -> Iterator[Cause]:
        """Find more, which are needed where the first do not stand."""
        if known:
            yield from self._anew(stage)
        if self._observed.mode(stage) is Mode.EVALUATE:
            made = chain(self._visible(stage), self._hidden(stage))
            yield from islice(self._tried(stage, made), _ALTERNATIVES)

    def _again(self, stage: str) -> list[Cause]:
        """Try what was found elsewhere: who makes a mistake in one layer makes it in all."""
        found = []
        for known, value in {(each.mistake, each.value): None for each in self._found}:
            for place in self._near(stage, known):
                again = (Injection(known, place, value),)
                if self._one(stage, again) == 0 and (cause := self._verified(stage, again)):
                    found.append(cause)
        return found

    def _anew(self, stage: str) -> list[Cause]:
        tried: list[tuple[float, Injections]] = []
        exact: list[Cause] = []
        for mistakes in self._options(stage):
            left, mistakes = self._left(stage, mistakes)
            tried.append((left, mistakes))
            if left == 0 and (cause := self._verified(stage, mistakes)):
                exact.append(cause)
        if not exact and self._observed.mode(stage) is Mode.EVALUATE:
            exact = [*islice(self._tried(stage, self._visible(stage)), _ALTERNATIVES)]
        if exact:  # of causes that explain as much, the catalogue's first comes first
            return sorted(exact, key=lambda cause: cause.rank, reverse=True)
        if self._observed.mode(stage) is not Mode.EVALUATE or _kind(stage) in self._unknown:
            return []
        tried.sort(key=lambda each: each[0])
        pair = next(self._tried(stage, self._two(tried)), None)
        hidden = self._tried(stage, self._hidden(stage))
        return [pair] if pair else [*islice(hidden, _ALTERNATIVES)]

    def _tried(self, stage: str, options: Iterable[Injections]) -> Iterator[Cause]:
        for mistakes in options:
            if self._one(stage, mistakes) == 0 and (cause := self._verified(stage, mistakes)):
                yield cause

    def _two(self, tried: Sequence[tuple[float, Injections]]) -> Iterator[Injections]:
        """Yield pairs of mistakes, of which one leaves less of the difference than there was."""
        for _, first in [each for each in tried if each[0] < 1][:_PARTNERS]:
            for _, second in tried:
                if self._pairs_left == 0:
                    return
                if first != second:
                    self._pairs_left -= 1
                    yield first + second

    def _visible(self, stage: str) -> Iterator[Injections]:
        """Yield mistakes made of parts that are measured at a stage."""
        if seen := self._measure(stage):
            for each in measured(seen):
                yield (Injection(each, (stage,)),)

    def _measure(self, stage: str) -> Measured | None:
        """What is known about a stage on one probe; None where it has another shape."""
        probe = next(iter(self._observed.wrong[stage]))
        recorded, ours = self._observed.recorded[probe], self._observed.ours[probe][stage]
        theirs = recorded.get(stage)
        if ours.shape != theirs.shape or stage in OUTPUTS:
            return None
        kept = recorded.kept(stage, theirs)
        tokens = torch.ones_like(theirs, dtype=torch.bool) if kept is None else kept.tokens
        spy = Spy(stage)
        self._run(recorded, (spy.injection,), until=stage)
        return Measured(spy.scene, ours.double(), tokens)

    def _hidden(self, stage: str) -> Iterator[Injections]:
        """Yield mistakes made of parts at the stages before one that nobody sees."""
        for each in guessed(sorted(self._gap(stage) - {stage}), self._measure(stage)):
            yield from self._at(stage, each)

    def _options(self, stage: str) -> Iterator[Injections]:
        """Yield mistakes between a stage and those before it that are shown."""
        mode = self._observed.mode(stage)
        for known in CATALOGUE.values():
            if known.mode is mode and not known.equivalent:
                yield from self._at(stage, known)

    def _at(self, stage: str, known: Mistake) -> Iterator[Injections]:
        """Yield a mistake at its places before a stage: at all of them, then at each.

        First where it is also made behind the stage, in the same layer, and nobody sees it.
        """
        near = self._near(stage, known)
        layer, shown = stage.split(".")[:3], {*self._observed.shown}
        places = known.places(self._names, self._counterfactual.layers) if near else []
        behind = [
            place
            for place in places
            if place not in near
            and not {*place} & shown
            and all(name.split(".")[:3] == layer for name in place)
        ]
        wrong = [place for place in places if {*place} <= self._observed.wrong.keys()]
        if len(wrong) > 1 and self._observed.mode(stage) is Mode.TRAIN:
            yield tuple(Injection(known, place) for place in wrong)  # which share their masks
        if behind and not stage.endswith(GRADIENT):
            yield tuple(Injection(known, place) for place in (*near, *behind))
        if len(near) > 1:
            yield tuple(Injection(known, place) for place in near)
        for place in near:
            yield (Injection(known, place),)

    def _near(self, stage: str, known: Mistake) -> list[tuple[str, ...]]:
        """The known's places between a stage and those before it that are shown."""
        places = known.places(self._names, self._counterfactual.layers)
        if stage.endswith(GRADIENT):  # it comes from behind, from as far as there is
            return places
        gap = self._gap(stage)
        return [place for place in places if gap & {*place}]

    def _gap(self, stage: str) -> set[str]:
        """The stages that a stage is made from and nobody sees, and itself."""
        shown, gap = {*self._observed.shown}, {stage}
        for name in reversed(self._names[: self._names.index(stage)]):
            if name not in shown:
                gap.add(name)
            elif _is_whole(name):
                break
        return gap

    def _left(self, stage: str, mistakes: Injections) -> tuple[float, Injections]:
        """Return the share of a stage's difference that is left, and by which parameters."""
        values = mistakes[0].mistake.values
        if not values:
            return self._one(stage, mistakes), mistakes
        valued = [_with_value(mistakes, value) for value in values]
        left = [self._one(stage, each) for each in valued]
        best = valued[min(range(len(left)), key=left.__getitem__)]
        if min(left) in (0, math.inf) or _kind(stage) in self._unknown:
            return min(left), best
        found = self._estimated(stage, best)
        return self._one(stage, found), self._rounded(stage, found)

    def _rounded(self, stage: str, mistakes: Injections) -> Injections:
        """Write a parameter with as few digits as explain as much."""
        value = mistakes[0].value
        for digits in range(_DIGITS):
            short = _with_value(mistakes, float(f"{value:.{digits}e}") if digits else 0.0)
            if self._one(stage, short) == 0:
                return short
        return mistakes

    def _one(self, stage: str, mistakes: Injections) -> float:
        """The share that is left on the probe that shows the stage best; 0 within the tolerance."""
        probe, before = next(iter(self._observed.wrong[stage].items()))
        made = self._made(probe, stage, mistakes)
        if made is None:
            return math.inf
        after = self._observed.compare(probe, stage, made)
        if after.passed:
            return 0
        left = after.max_abs / before.max_abs
        return left if math.isfinite(left) else math.inf

    def _run(
        self, recorded: RecordedProbe, mistakes: Injections, until: str = ""
    ) -> dict[str, Tensor]:
        made = self._known + mistakes
        return self._counterfactual.run(recorded, made, self._observed.shown, until)

    def _made(self, probe: str, stage: str, mistakes: Injections) -> Tensor | None:
        """What comes out at a stage; None where the model cannot run so."""
        recorded = self._observed.recorded[probe]
        try:
            made = self._run(recorded, mistakes, until=stage)
            return made.get(stage)
        except (RuntimeError, IndexError, KeyError):
            return None

    def _estimated(self, stage: str, mistakes: Injections) -> Injections:
        """Find the value of the parameter that leaves the least, by Gauss and Newton's method."""
        probe = next(iter(self._observed.wrong[stage]))
        value = mistakes[0].value

        def residual(value: float) -> Tensor | None:
            made = self._made(probe, stage, _with_value(mistakes, value))
            return None if made is None else self._observed.residual(probe, stage, made)

        for power in reversed(range(_STEPS)):
            step = value * 1e-4
            here, beside = residual(value), residual(value + step)
            if here is None or beside is None:
                break
            slope = (beside - here) / step
            steepness = slope.dot(slope).item()
            if not steepness > 0:
                break
            change = slope.dot(here).item() / steepness
            if not abs(change) <= abs(value) * 2.0**power:  # out of reach, or not a number
                break
            value -= max(-abs(value) * 0.9, min(change, abs(value) * 0.9))  # it keeps its sign
            if abs(change) <= abs(value) * 1e-14:
                break
        return _with_value(mistakes, value)

    def _verified(self, stage: str, mistakes: Injections) -> Cause | None:
        """Return the cause, if all that mistakes change is as the candidate has it."""
        changed = {stage}
        shapes = {row.status is Status.SHAPE for row in self._observed.wrong[stage].values()}
        # What stands for "masked" in the scores is never put right, so what follows may differ.
        masks = stage.endswith(".scores")
        alone = all(each.stages == (stage,) for each in mistakes) and shapes == {False}
        for probe in self._observed.similar_probes(stage):
            recorded = self._observed.recorded[probe]
            if (
                alone and not masks and self._observed.mode(stage) is Mode.EVALUATE
            ):  # what follows is right again
                there = self._made(probe, stage, mistakes)
                if there is None or not self._observed.compare(probe, stage, there).passed:
                    return None
                continue
            made = self._run(recorded, mistakes)
            for name in made.keys() & {*recorded.names} & {*self._observed.shown}:
                right = next(recorded.compare(name, made[name], recorded.get(name), "isolated"))
                if not right.passed:
                    changed.add(name)
                if name in changed and not self._observed.compare(probe, name, made[name]).passed:
                    return None
        probe, before = next(iter(self._observed.wrong[stage].items()))
        there = self._made(probe, stage, mistakes)
        assert there is not None
        after = self._observed.compare(probe, stage, there).max_abs
        stages = tuple(name for name in self._observed.wrong if name in changed)
        return Cause(mistakes, stages, probe, before.max_abs, after)


def _kind(stage: str) -> str:
    return re.sub(r"\.\d+", "", stage)


def _is_whole(stage: str) -> bool:
    """Whether all there is of a token goes through a stage."""
    parts = stage.split(".")
    return parts[-1] in ("embeddings", "sum", "LayerNorm") or parts[-1].isdigit()


def _with_value(mistakes: Injections, value: float) -> Injections:
    return tuple(replace(each, value=value) for each in mistakes)
