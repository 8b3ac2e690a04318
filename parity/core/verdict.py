"""What a comparison comes to: rows or outcomes, causes, a verdict, an exit code."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum

from parity.core.cause import Diagnosis
from parity.core.compare import Comparison, Status
from parity.core.errors import CandidateCrashedError, CandidateError, RecordingError
from parity.core.outcome import Outcome
from parity.core.probes import Scope
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


@dataclass(frozen=True)
class Asked:
    """What a check was asked to run: a probe or a law, on a checkpoint."""

    scope: Scope
    name: str
    checkpoint: str


@dataclass(frozen=True)
class ScopeResult:
    """What a check found in one scope.

    Attributes:
        verdict: of this scope alone.
        differences: how many stages differ: those that are wrong though their input was right; if
            there are none, all that differ.
        notes: what explains harmless differences.
        unchecked: probes and laws that compared nothing, with the checkpoint where they compared
            something on another.
    """

    verdict: Verdict
    differences: int
    notes: list[str]
    unchecked: list[str]


@dataclass
class Report:
    """What a comparison found.

    Attributes:
        rows: of a model: one for each stage, probe, lane and checkpoint, in the order of
            computation.
        outcomes: of a suite or a tokenizer: one for each check.
        asked: of a check: what it was to run.
        reference_stages: of a check: HuggingFace's stages, with the last checkpoint.
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
    asked: list[Asked] = field(default_factory=list)
    reference_stages: list[str] = field(default_factory=list)

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
        compared = [row for row in self.rows if row.status is not Status.NOTE]
        rows = [row for row in compared if row.lane not in ("padding", "law") and row.max_abs > 0]
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
    def scopes(self) -> dict[Scope, ScopeResult]:
        """Each scope's own result; empty where nothing was asked."""
        return {scope: self._of_scope(scope) for scope in Scope} if self.asked else {}

    def _of_scope(self, scope: Scope) -> ScopeResult:
        rows = [row for row in self.rows if row.scope == scope]
        ran = {(row.probe, row.checkpoint) for row in rows if row.status is not Status.UNSUPPORTED}
        asked = [each for each in self.asked if each.scope is scope]
        left = [each for each in asked if (each.name, each.checkpoint) not in ran]
        somewhere = {name for name, _ in ran}
        wrong = [row for row in rows if not row.passed and row.lane != "padding"]
        alone = [row for row in wrong if row.lane.startswith("isolated")]
        if wrong:
            verdict = Verdict.DIVERGES
        elif left and self.failure is not None:
            verdict = self.failure
        else:
            verdict = Verdict.PARITY if ran else Verdict.NOTHING_COMPARED
        return ScopeResult(
            verdict,
            len({row.name for row in alone or wrong}),
            list(dict.fromkeys(row.note for row in rows if row.status is Status.NOTE)),
            list(
                dict.fromkeys(
                    f"{each.name} of {each.checkpoint}" if each.name in somewhere else each.name
                    for each in left
                )
            ),
        )

    @property
    def exit_code(self) -> int:
        """The command's."""
        return EXIT_CODES[self.verdict]
