"""Tries known mistakes, one, then two at once, until one gives a candidate's numbers at a stage."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice

import torch

from parity.core.cause import Cause, Injections
from parity.core.mistake import Injection
from parity.core.probes import Mode
from parity.core.stages import OUTPUTS
from parity.diagnosis.counterfactual import Counterfactual
from parity.diagnosis.measured.parts import Measured
from parity.diagnosis.measured.search import Spy, guessed, measured
from parity.diagnosis.measured.weights import not_loaded
from parity.diagnosis.observations import Observations
from parity.diagnosis.parameters import fitted, is_short
from parity.diagnosis.tries import Tries
from parity.model.mistakes.catalogue import CATALOGUE

_PARTNERS = 8  # mistakes that are tried with every other one where none suffices
_PAIRS = 300  # tries of two mistakes
_ROUNDING, _IN_SINGLE = {torch.float64: 1e-10}, 1e-5  # of the largest number, by dtype; other
# orders of additions leave 1e-14 and 1e-6
_WITH_WEIGHTS = ("query", "key", "value", "dense", "cls.predictions", "_embeddings")  # alone
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
        self._tries = Tries(counterfactual, observations, known)
        self._observed = observations
        self._pairs_left = _PAIRS
        self._found: list[Injection] = []
        self._several: list[Injections] = []
        self._unknown: set[str] = set()  # stages without their layers' numbers

    def explain(self, stage: str) -> Alternatives:
        """Find what gives a stage's numbers, the best first."""
        again = self._again(stage)
        causes = again or self._anew(stage)
        self._found += [mistake for cause in causes[:1] for mistake in cause.mistakes]
        self._several += [cause.mistakes for cause in causes[:1] if len(cause.mistakes) > 1]
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
        layer = ".".join(stage.split(".")[:3])
        moved = {tuple(_in_layer(each, layer) for each in several) for several in self._several}
        found = [*self._tried(stage, moved)] if layer.startswith("encoder.") else []
        for known, value in {(each.mistake, each.value): None for each in self._found}:
            for place in self._tries.near(stage, known):
                again = (Injection(known, place, value),)
                if self._tries.left(stage, again) == 0 and (
                    cause := self._tries.verified(stage, again)
                ):
                    found.append(cause)
        return found

    def _anew(self, stage: str) -> list[Cause]:
        tried: list[tuple[float, Injections]] = []
        exact: list[Cause] = []
        known = _kind(stage) not in self._unknown
        for mistakes in self._options(stage):
            left, mistakes = fitted(self._tries, stage, mistakes, estimate=known)
            tried.append((left, mistakes))
            if left == 0 and (cause := self._tries.verified(stage, mistakes)):
                exact.append(cause)
        if exact:  # of causes that explain as much, that of a number that somebody would write,
            # then the catalogue's first
            return sorted(exact, key=lambda cause: (cause.rank, _is_short(cause)), reverse=True)
        if self._observed.mode(stage) is not Mode.EVALUATE or _kind(stage) in self._unknown:
            return []
        tried.sort(key=lambda each: each[0])
        almost: list[Injections] = []
        if pair := next(self._tried(stage, self._two(tried), almost), None):
            return [pair]
        if three := next(self._tried(stage, self._third(tried, almost)), None):
            return [three]
        visible = [*islice(self._tried(stage, self._visible(stage)), _ALTERNATIVES)]
        visible.sort(key=lambda cause: cause.rank, reverse=True)
        made = visible or [*islice(self._tried(stage, self._hidden(stage)), _ALTERNATIVES)]
        return made or [*self._tried(stage, self._not_loaded(stage))]

    def _tried(
        self, stage: str, options: Iterable[Injections], almost: list[Injections] | None = None
    ) -> Iterator[Cause]:
        """Yield the causes among options; keep those that explain one probe and not all."""
        for mistakes in options:
            if self._tries.left(stage, mistakes) == 0:
                if cause := self._tries.verified(stage, mistakes):
                    yield cause
                elif almost is not None:
                    almost.append(mistakes)

    def _two(self, tried: Sequence[tuple[float, Injections]]) -> Iterator[Injections]:
        """Yield pairs of mistakes, of which one leaves less of the difference than there was."""
        for _, first in [each for each in tried if each[0] < 1][:_PARTNERS]:
            for _, second in tried:
                if self._pairs_left == 0:
                    return
                if first != second:
                    self._pairs_left -= 1
                    yield first + second

    def _third(
        self, tried: Sequence[tuple[float, Injections]], almost: Sequence[Injections]
    ) -> Iterator[Injections]:
        """Yield a third mistake with the first two that explain one probe."""
        for pair in almost[:1]:
            yield from (third + pair for _, third in tried if not {*third} & {*pair})

    def _visible(self, stage: str) -> Iterator[Injections]:
        """Yield mistakes made of parts that are measured at a stage."""
        if seen := self._measure(stage, next(iter(self._observed.wrong[stage]))):
            for each in measured(seen):
                layer = seen.scene.number if seen.scene.layer else 0
                yield (Injection(each, tuple(name.format(i=layer) for name in each.stages)),)

    def _not_loaded(self, stage: str) -> Iterator[Injections]:
        """Yield weights that the checkpoint does not have and that explain a stage."""
        if not stage.endswith(_WITH_WEIGHTS):
            return
        wrong = [*self._observed.wrong[stage]]
        probes = [probe for probe in self._observed.similar_probes(stage) if probe in wrong]
        seen = [each for probe in probes if (each := self._measure(stage, probe))]
        for found in not_loaded(seen) if seen else ():
            yield (Injection(found, (stage,)),)

    def _measure(self, stage: str, probe: str) -> Measured | None:
        """What is known about a stage on a probe; None where it has another shape."""
        recorded, ours = self._observed.recorded[probe], self._observed.ours[probe][stage]
        theirs = recorded.get(stage)
        if ours.shape != theirs.shape or stage in OUTPUTS:
            return None
        kept = recorded.kept(stage, theirs)
        tokens = torch.ones_like(theirs, dtype=torch.bool) if kept is None else kept.tokens
        spy = Spy(stage)
        self._tries.run(recorded, (spy.injection,), until=stage)
        return Measured(spy.scene, ours.double(), tokens, _ROUNDING.get(ours.dtype, _IN_SINGLE))

    def _hidden(self, stage: str) -> Iterator[Injections]:
        """Yield mistakes made of parts at the stages before one that nobody sees."""
        shown = self._measure(stage, next(iter(self._observed.wrong[stage])))
        for each in guessed(sorted(self._tries.gap(stage) - {stage}), shown):
            yield from self._tries.at(stage, each)

    def _options(self, stage: str) -> Iterator[Injections]:
        """Yield mistakes between a stage and those before it that are shown."""
        mode = self._observed.mode(stage)
        for known in CATALOGUE.values():
            if known.mode is mode and not known.equivalent:
                yield from self._tries.at(stage, known)


def _is_short(cause: Cause) -> bool:
    return all(is_short(each.value) for each in cause.mistakes)


def _kind(stage: str) -> str:
    return re.sub(r"\.\d+", "", stage)


def _in_layer(made: Injection, layer: str) -> Injection:
    """The same mistake in another layer."""
    there = (re.sub(r"encoder\.layer\.\d+", layer, stage) for stage in made.stages)
    return replace(made, stages=tuple(there))
