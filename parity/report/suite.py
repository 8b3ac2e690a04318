"""The report of `parity pretraining` and its like, for a person or for a program."""

import json
import shlex
import textwrap
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.text import Text

from parity.core.compare import Status
from parity.core.verdict import Verdict
from parity.report.json import as_object
from parity.report.terminal import explain
from parity.suite.outcome import Outcome
from parity.suite.suite import Suite

_SHOWN = 5  # differences of a check; the rest is counted


@dataclass
class SuiteReport:
    """What was found.

    Attributes:
        suite: whose checks were made.
        environment: what the result depends on.
        outcomes: one for each check.
        error: what was raised where the candidate cannot be loaded.
    """

    suite: Suite
    environment: dict[str, str | int]
    outcomes: list[Outcome] = field(default_factory=list)
    error: str | None = None

    @property
    def compared(self) -> int:
        """How many comparisons were made."""
        return sum(len(outcome.rows) for outcome in self.outcomes)

    @property
    def verdict(self) -> Verdict:
        """The whole in a word."""
        if self.error is not None or any(outcome.crashed for outcome in self.outcomes):
            return Verdict.CRASHED
        if any(outcome.different for outcome in self.outcomes):
            return Verdict.DIVERGES
        return Verdict.PARITY if self.compared else Verdict.NOTHING_COMPARED


class Terminal:
    """Prints a line for each check as it is made, and the differences and the verdict at the end.

    Args:
        console: where.
    """

    def __init__(self, console: Console) -> None:
        self._console = console

    def header(self) -> None:
        """Print the columns' names."""
        self._print(
            f"{'check':<12} {'compared':>8} {'different':>9} {'bit-equal':>10} status", "bold"
        )

    def outcome(self, outcome: Outcome) -> None:
        """Print a check's line."""
        if outcome.lacks:
            self._print(f"{outcome.check:<12} not compared: {outcome.lacks}", "yellow")
            return
        bits = "" if outcome.bits is None else "{} of {}".format(*outcome.bits)
        status = "CRASHED" if outcome.crashed else outcome.status
        line = f"{outcome.check:<12} {len(outcome.rows):>8} {len(outcome.different):>9} {bits:>10}"
        self._print(f"{line} {status}", "" if outcome.status is Status.MATCH else "red")

    def summary(self, report: SuiteReport) -> None:
        """Print what differs, why, the verdict, and how to see it again."""
        candidate = str(report.environment["candidate"])
        for outcome in report.outcomes:
            if outcome.crashed or outcome.different:
                for line, style in told(outcome, report.suite, candidate):
                    self._print(line, style)
        style = "bold green" if report.verdict is Verdict.PARITY else "bold red"
        self._print(f"\n{report.verdict.replace('_', ' ')}: {_reason(report)}", style)
        facts = dict(report.environment)
        rerun = facts.pop("rerun")
        text = ", ".join(f"{name} {fact}".replace(" ", "\u00a0") for name, fact in facts.items())
        self._print(textwrap.fill(text, self._console.width).replace("\u00a0", " "), "dim")
        self._print(f"again: {rerun}", "dim")

    def _print(self, line: str, style: str = "") -> None:
        self._console.print(Text(line, style=style), soft_wrap=True)


def told(outcome: Outcome, suite: Suite, candidate: str) -> list[tuple[str, str]]:
    """Tell what is wrong to somebody who does not know the check: lines, and their styles."""
    lines = [(f"\n{outcome.check}:", "bold red")]
    if outcome.crashed:
        lines.append((textwrap.indent(f"crashed: {outcome.crashed}", "  "), "red"))
    wrong = outcome.different
    lines += [(f"  {row.probe}, {explain(row)}", "red") for row in wrong[:_SHOWN]]
    if len(wrong) > _SHOWN:
        lines.append((f"  and {len(wrong) - _SHOWN} more", "red"))
    for known in outcome.causes:
        cause = "one of two causes" if outcome.together else "cause"
        lines.append((f"  {cause}: {known.description} [{known.id}]", "bold"))
        lines.append((f"    mend   {known.fix}", ""))
    lines += [(f"  known: {each}", "") for each in outcome.known]
    command = shlex.join(["parity", suite.name, candidate, "--check", outcome.check])
    return [*lines, (f"  again  {command}", "dim")]


def explanation(outcome: Outcome, suite: Suite, candidate: str) -> str:
    """Tell it as one text, for a test that failed."""
    return "\n".join(line for line, _ in told(outcome, suite, candidate))


def _reason(report: SuiteReport) -> str:
    if report.error is not None:
        return report.error
    broken = [outcome.check for outcome in report.outcomes if outcome.crashed]
    if broken:
        return f"the candidate, in {', '.join(broken)}"
    if not report.compared:
        return f"the candidate has no method that is compared; see {report.suite.contract}"
    wrong = sum(len(outcome.different) for outcome in report.outcomes)
    return f"{report.compared - wrong} of {report.compared} comparisons hold"


def to_json(report: SuiteReport) -> str:
    """The same as an object."""
    return json.dumps(
        {
            "verdict": report.verdict,
            "unsupported": [outcome.check for outcome in report.outcomes if outcome.lacks],
            "checks": [_check(outcome) for outcome in report.outcomes],
            "causes": [known.id for outcome in report.outcomes for known in outcome.causes],
            "compared": report.compared,
            "environment": report.environment,
            "error": report.error,
        },
        indent=2,
        ensure_ascii=False,
    )


def _check(outcome: Outcome) -> dict[str, Any]:
    names = ("check", "status", "bits", "known", "lacks", "crashed")
    causes = [
        {"fault": known.id, "says": known.description, "hint": known.fix}
        for known in outcome.causes
    ]
    return {
        **{name: getattr(outcome, name) for name in names},
        "compared": len(outcome.rows),
        "different": len(outcome.different),
        "causes": causes,
        "together": outcome.together,
        "rows": [as_object(row) for row in outcome.rows],
    }
