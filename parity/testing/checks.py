"""Each check of a candidate as something to call, or as pytest's item."""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from difflib import get_close_matches
from fnmatch import fnmatch
from functools import cache
from typing import Any

import pytest

from parity.core.compare import Comparison, Status
from parity.core.errors import CandidateCrashedError, CandidateError, DivergesError
from parity.core.stages import OUTPUTS, stage_names
from parity.core.verdict import Report
from parity.model.judge import Judge, choose
from parity.reference import VERSIONS
from parity.report.terminal import explain
from parity.session import CheckRun
from scratch_bert.weights.builtin import ADVERSARIAL
from scratch_bert.weights.checkpoints import Checkpoint

_SHOWN = 5  # stages in a message


@dataclass
class CandidateCheck:
    """One probe or law.

    Attributes:
        candidate: its name.
        checkpoint: with which weights.
        name: the probe or law.
        seed: of both.
        expected: stages, or patterns of them, that are known to fail, and why.
        measured: numbers of the last call.
    """

    candidate: str
    checkpoint: str
    name: str
    seed: int = CheckRun.seed
    expected: Mapping[str, str] = field(default_factory=dict)
    measured: dict[str, Any] = field(default_factory=dict)

    def __call__(self) -> None:
        """Run it.

        Raises:
            DivergesError: something differs, or what was expected to differ does not.
            CandidateError: it is not what a candidate must be.
            CandidateCrashedError: its own code raised, ended, or took too long.
        """
        judge, rows = _judge(self.candidate, self.checkpoint), []
        chosen = choose(Checkpoint.of(self.checkpoint), [self.name], self.seed)
        if chosen.probes:
            judge.prepare(chosen.probes)
            rows = [*judge.rows([self.name])]
        else:
            rows = [*judge.laws([self.name], self.seed)]
        report = Report(rows)
        self.measured = {
            "reference": f"transformers {VERSIONS['transformers']}",
            "compared": report.compared,
            "required_tolerance": report.required.max_rel if report.required else 0.0,
        }
        for pattern, reason in self.expected.items():
            known = [row for row in rows if fnmatch(row.name, pattern)]
            if known and all(row.passed for row in known):
                raise DivergesError(
                    f"{pattern} was expected to fail on {self.name!r} ({reason}), but holds; "
                    "take it out of expected_failures"
                )
            rows = [row for row in rows if row not in known]
        wrong = [row for row in rows if not row.passed and row.lane != "padding"]
        if wrong:
            raise DivergesError(self._message(Report(rows), wrong))
        if rows and all(row.status is Status.UNSUPPORTED for row in rows):
            pytest.skip(rows[0].note)

    def _message(self, report: Report, wrong: Sequence[Comparison]) -> str:
        lines = [f"{self.candidate} on {self.name!r}: {explain(wrong[0])}"]
        born = report.born or report.born_backward
        where = "here, though its input was right" if report.born else "on the way back"
        lines += [f"born {where}: {name}" for name in born[:_SHOWN]]
        lines += [f"and {len(born) - _SHOWN} more stages"] if len(born) > _SHOWN else []
        lines += [row.reproduction for row in wrong if row.reproduction]
        options = f"--checkpoint {self.checkpoint} --probe {self.name!r} --seed {self.seed}"
        return "\n".join([*lines, f"again: parity check {self.candidate} {options}"])


def checks_of(candidate: str, checkpoint: str, seed: int = CheckRun.seed) -> list[CandidateCheck]:
    """Return the checks that there are for a checkpoint.

    Raises:
        ValueError: there is no such checkpoint.
    """
    chosen = choose(Checkpoint.of(checkpoint), (), seed)
    return [CandidateCheck(candidate, checkpoint, name, seed) for name in chosen.names]


def parametrize_with_checks(
    candidate: type | str,
    *,
    checkpoint: str = ADVERSARIAL,
    expected_failures: Mapping[str, str] | None = None,
) -> Callable[[Any], Any]:
    """Make a test function run once for each check, which it gets as its argument `check`.

    Args:
        candidate: a class at the top level of a file, or its name.
        checkpoint: with which weights.
        expected_failures: checks or stages, or patterns of them, that are known to fail, and why.
            One that does not fail is an error, and so is one that nothing is called.

    Raises:
        ValueError: there is no check and no stage of an expected failure's name.
    """
    name = candidate if isinstance(candidate, str) else _name_of(candidate)
    checks, expected = checks_of(name, checkpoint), dict(expected_failures or {})
    stages = [*stage_names(range(Checkpoint.of(checkpoint).config.num_hidden_layers)), *OUTPUTS]
    for pattern in expected:
        known = [check.name for check in checks] + stages
        if not any(fnmatch(each, pattern) for each in known):
            like = get_close_matches(pattern, known, n=1)
            hint = f", did you mean {like[0]}?" if like else ""
            raise ValueError(f"expected_failures: {pattern!r} is no check and no stage{hint}")
    parameters = []
    for check in checks:
        check.expected = {
            pattern: reason
            for pattern, reason in expected.items()
            if any(fnmatch(stage, pattern) for stage in stages)
        }
        reasons = [why for pattern, why in expected.items() if fnmatch(check.name, pattern)]
        marks = [
            pytest.mark.xfail(reason=why, strict=True, raises=DivergesError) for why in reasons
        ]
        parameters.append(pytest.param(check, id=check.name, marks=marks))
    return pytest.mark.parametrize("check", parameters)


def _name_of(candidate: type) -> str:
    if "." in candidate.__qualname__:
        raise ValueError(f"{candidate.__qualname__}: expected a class at the top level of a file")
    return f"{inspect.getfile(candidate)}:{candidate.__qualname__}"


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


_OPEN = ExitStack()


@cache
def _judge(candidate: str, checkpoint: str) -> Judge:
    return _OPEN.enter_context(Judge(candidate, Checkpoint.of(checkpoint)))


def end() -> None:
    """End the candidates' processes."""
    _judge.cache_clear()
    _OPEN.close()
