"""What a comparison comes to: rows or outcomes, causes, a verdict, an exit code."""

import math
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum

from parity.core.compare import Comparison, Status
from parity.core.errors import CandidateCrashedError, CandidateError, RecordingError
from parity.core.mistake import Injection
from parity.core.outcome import Outcome
from scratch_bert.errors import CheckpointError


class Verdict(StrEnum):
    """The whole run in a word."""

    PARITY = "parity"
    DIVERGES = "diverges"
    CRASHED = "crashed"
    NOT_COMPARABLE = "not_comparable"
    NOTHING_COMPARED = "nothing_compared"


EXIT_CODES = {
    Verdict.PARITY: 0,
    Verdict.DIVERGES: 1,
    Verdict.CRASHED: 2,
    Verdict.NOT_COMPARABLE: 3,
    Verdict.NOTHING_COMPARED: 5,
}


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
    """

    causes: list[Cause] = field(default_factory=list)
    unknown: dict[str, list[str]] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    checkpoint: str = ""
    notes: list[str] = field(default_factory=list)


@dataclass
class Report:
    """What a comparison found.

    Attributes:
        rows: of a model: one for each stage, probe, lane and checkpoint, in the order of
            computation.
        outcomes: of a suite or a tokenizer: one for each check.
        environment: what the result depends on.
        notes: what a reader must know besides, such as a text that was cut.
        failure: the verdict where the comparison did not come to its end.
        error: why not.
        diagnosis: why it diverges, where that was asked.
    """

    rows: list[Comparison] = field(default_factory=list)
    environment: dict[str, str | int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    failure: Verdict | None = None
    error: str | None = None
    diagnosis: Diagnosis | None = None
    outcomes: list[Outcome] = field(default_factory=list)

    @contextmanager
    def failing(self) -> Iterator[None]:
        """While inside, make a verdict of what is raised.

        Raises:
            CandidateError: the candidate is not what one must be, which is a usage error.
        """
        try:
            yield
        except CandidateError:
            raise
        except CandidateCrashedError as error:
            self.failure, self.error = Verdict.CRASHED, str(error)
        except (CheckpointError, RecordingError) as error:
            self.failure, self.error = Verdict.NOT_COMPARABLE, str(error)
        except Exception:  # not the candidate's: the reference could not run
            self.failure, self.error = Verdict.NOT_COMPARABLE, traceback.format_exc().rstrip()

    @property
    def first_divergence(self) -> Comparison | None:
        """The first stage that is not equal; what a model makes of padding is its own business."""
        return next((row for row in self.rows if not row.passed and row.lane != "padding"), None)

    @property
    def born(self) -> list[str]:
        """The stages that are wrong though their input was right, each once.

        One that nothing was seen at is not known to be.
        """
        wrong = [row for row in self.rows if row.lane == "isolated" and not row.passed]
        seen = [row.name for row in wrong if row.status is not Status.MISSING_OURS]
        return list(dict.fromkeys(seen))

    @property
    def born_backward(self) -> list[str]:
        """The stages whose gradient is wrong though all it is made from was right, each once.

        Where a forward pass is wrong its gradient is, too; so these are looked for in a right one.
        """
        rows = [row for row in self.rows if row.lane == "isolated gradient" and not row.passed]
        return list(dict.fromkeys(row.name for row in rows)) if not self.born else []

    @property
    def required(self) -> Comparison | None:
        """The comparison that needs the most of what is allowed: its numbers are the smallest
        tolerance with which all would hold.
        """
        rows = [row for row in self.rows if row.lane not in ("padding", "law") and row.max_abs > 0]
        return max(rows, key=lambda row: row.needed, default=None)

    @property
    def unsupported(self) -> list[str]:
        """What the candidate lacks: each stage once, and checks."""
        rows = [row for row in self.rows if row.status is Status.UNSUPPORTED]
        lacking = [outcome.check for outcome in self.outcomes if outcome.lacks]
        return [*dict.fromkeys(row.name for row in rows), *lacking]

    @property
    def tally(self) -> str:
        """How much of what decides is as it should be; padding and what nobody computes do not."""
        judged = [
            row
            for row in self.rows
            if row.lane != "padding" and row.status is not Status.UNSUPPORTED
        ]
        return f"{sum(row.passed for row in judged)} of {len(judged)} comparisons hold"

    @property
    def compared(self) -> int:
        """How many comparisons were made; what a side does not compute is not compared."""
        rows = sum(row.status is not Status.UNSUPPORTED for row in self.rows)
        return rows + sum(outcome.compared for outcome in self.outcomes)

    @property
    def failed(self) -> int:
        """How many comparisons of the outcomes do not hold."""
        return sum(outcome.failed for outcome in self.outcomes)

    @property
    def verdict(self) -> Verdict:
        """The whole in a word."""
        if self.failure is not None:
            return self.failure
        if any(outcome.crashed for outcome in self.outcomes):
            return Verdict.CRASHED
        if self.failed or self.first_divergence is not None:
            return Verdict.DIVERGES
        return Verdict.PARITY if self.compared else Verdict.NOTHING_COMPARED

    @property
    def exit_code(self) -> int:
        """The command's."""
        return EXIT_CODES[self.verdict]
