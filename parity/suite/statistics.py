"""What can only be counted: a measured number, what it may be, and how much chance may add."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from parity.core.compare import Comparison, Status

SIGMAS = 6.0
"""So many standard deviations a right candidate may be off by chance: once in 5e8 measures. All
seeds are fixed, so what passes once always does."""


@dataclass(frozen=True)
class Measure:
    """A number that was measured.

    Attributes:
        name: what it is.
        value: what was measured.
        low: what it may be at least, but for chance.
        high: what it may be at most, but for chance.
        error: its standard deviation, where it is what it may be.
        spread: its standard deviation, as it was measured.
        is_share: whether it is read as so many of a hundred.
        is_empty: whether there was nothing to measure.
        is_optional: whether a correct candidate may have no occasion for it.
    """

    name: str
    value: float
    low: float
    high: float
    error: float = 0.0
    spread: float = 0.0
    is_share: bool = False
    is_empty: bool = False
    is_optional: bool = False

    @property
    def beyond(self) -> float:
        """By how much it is not what it may be."""
        return max(self.low - self.value, self.value - self.high, 0.0)

    @property
    def passed(self) -> bool:
        """Whether it may be so; no number may not."""
        return math.isfinite(self.value) and self.beyond <= SIGMAS * self.error

    def row(self, probe: str) -> Comparison:
        """Return it as a row of a report; what it is is said in words."""
        if self.is_empty:
            return Comparison(self.name, Status.MATCH, note="there is none to count", probe=probe)
        allowed = SIGMAS * self.error
        expected = self._told(self.low)
        if self.high != self.low:
            expected += f" to {self._told(self.high)}"
        note = f"{self._told(self.value)}, expected {expected}, give or take {self._told(allowed)}"
        status = Status.MATCH if self.passed else Status.VALUE
        number = self.beyond if math.isfinite(self.value) else math.nan
        return Comparison(
            self.name, status, max_abs=number, allowed=allowed, note=note, probe=probe
        )

    def _told(self, value: float) -> str:
        return f"{100 * value:.2f} %" if self.is_share else f"{value:.4g}"


def share(name: str, hits: float, of: int, low: float = 1.0, high: float | None = None) -> Measure:
    """Measure how often something is so.

    Args:
        name: what.
        hits: how often.
        of: among how many; 0 measures nothing, and passes.
        low: the least it may be.
        high: the most; None is `low`.
    """
    high = low if high is None else high
    value = float(hits) / of if of else low

    def deviation(p: float) -> float:
        return math.sqrt(p * (1 - p) / max(1, of))

    error = max(deviation(low), deviation(high))
    return Measure(name, value, low, high, error, deviation(value), True, of == 0)


Measures = Mapping[str, Measure]


def named(*measures: Measure) -> Measures:
    """Put measures under their names."""
    return {measure.name: measure for measure in measures}


def alike(ours: Measures, wrong: Measures, slack: float = 0.0) -> bool:
    """Whether what a mistake comes to is what was measured, where either is not as it may be.

    What one of them may have no occasion for, such as to join sentences, and had none, is left out.

    Args:
        ours: the candidate's.
        wrong: the mistake's.
        slack: what may differ besides chance, where neither is as it may be.
    """

    def same(a: Measure, b: Measure) -> bool:
        if (a.passed and b.passed) or any(each.is_empty and each.is_optional for each in (a, b)):
            return True
        chance = SIGMAS * math.hypot(a.spread, b.spread)
        more = slack if a.passed == b.passed else 0.0
        return abs(a.value - b.value) <= chance + more

    return ours.keys() == wrong.keys() and all(same(ours[name], wrong[name]) for name in ours)
