"""The checks of a candidate as pytest's items; imported where somebody asks for them."""

from collections.abc import Iterator, Sequence

import pytest

from parity.core.errors import CandidateCrashedError, CandidateError, DivergesError
from parity.testing.checks import CandidateCheck, checks_of
from scratch_bert.weights.builtin import ADVERSARIAL


class Checks(pytest.Collector):
    """Stands for the candidate in the tests' names."""

    def __init__(self, *, checks: Sequence[CandidateCheck], **options: object) -> None:
        super().__init__(**options)  # type: ignore[arg-type]
        self._checks = checks

    def collect(self) -> Iterator[pytest.Item]:
        """Make a test of each check."""
        for check in self._checks:
            yield CheckItem.from_parent(self, name=check.name, check=check)


class CheckItem(pytest.Item):
    """One check."""

    def __init__(self, *, check: CandidateCheck, **options: object) -> None:
        super().__init__(**options)  # type: ignore[arg-type]
        self.check = check

    def runtest(self) -> None:
        """Run it."""
        self.check()

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *_: object) -> str:
        """Show what it says, and no traceback of ours."""
        if excinfo.errisinstance((DivergesError, CandidateError, CandidateCrashedError)):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[str, None, str]:
        """Say where it is from."""
        return self.check.candidate, None, f"parity: {self.name}"


def items_for(session: pytest.Session, candidate: str, checkpoint: str | None) -> list[pytest.Item]:
    """Make a test of each check."""
    try:
        checks = checks_of(candidate, checkpoint or ADVERSARIAL)
    except ValueError as error:
        raise pytest.UsageError(f"--parity-checkpoint: {error}") from None
    parent = Checks.from_parent(session, name="parity", nodeid="parity", checks=checks)
    report = session.ihook.pytest_make_collect_report(collector=parent)
    session.ihook.pytest_collectreport(report=report)  # which counts them
    return report.result
