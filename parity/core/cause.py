"""Why a candidate diverges: the mistakes that explain its numbers, and what they leave unknown."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from parity.core.mistake import Injection

_ALL = 1 - 1e-6  # of a difference; what explains that much, or more, explains all

Injections = tuple[Injection, ...]


@dataclass(frozen=True)
class Cause:
    """Injections that explain a stage; one, where one suffices.

    Attributes:
        mistakes: which, and where.
        stages: that were born wrong and are explained.
        probe: shows it.
        before: the largest difference from the reference there.
        after: the largest difference from the reference that makes the mistakes.
    """

    mistakes: Injections
    stages: tuple[str, ...]
    probe: str
    before: float
    after: float

    @property
    def touched(self) -> set[str]:
        """The stages that the mistakes are made at, and those that they explain."""
        return {*self.stages, *(stage for each in self.mistakes for stage in each.stages)}

    @property
    def is_harmless(self) -> bool:
        """Whether a model with this cause is correct."""
        return all(each.mistake.harmless for each in self.mistakes)

    @property
    def rank(self) -> tuple[int, float]:
        """What explains most stages, and most of them, is best."""
        return len(self.stages), min(self.explained, _ALL)

    @property
    def explained(self) -> float:
        """The share of the difference that vanishes."""
        return 1 - self.after / self.before if math.isfinite(self.before) else 1.0


@dataclass
class Diagnosis:
    """What is known about a divergence.

    Attributes:
        causes: in the order of their stages.
        unknown: stages that nothing explains, and what is known about them.
        places: where in the candidate's code a stage is computed, `file:line`.
        checkpoint: with which weights.
        notes: what is known about the model as a whole.
        harmless: explain differences that are no mistakes.
    """

    causes: list[Cause] = field(default_factory=list)
    unknown: dict[str, list[str]] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    checkpoint: str = ""
    notes: list[str] = field(default_factory=list)
    harmless: list[Cause] = field(default_factory=list)

    @property
    def is_harmless(self) -> bool:
        """Whether nothing is wrong, though something differs."""
        return bool(self.harmless) and not (self.causes or self.unknown)


def injections(causes: Sequence[Cause]) -> Injections:
    """All that causes make."""
    return tuple(mistake for cause in causes for mistake in cause.mistakes)
