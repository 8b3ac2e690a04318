"""The report of `parity pretraining` and its like, for a person or for a program."""

import shlex
import textwrap
from typing import Any

from parity.core.compare import Status
from parity.core.outcome import Outcome
from parity.core.verdict import Report
from parity.report.json import as_object, dumped
from parity.report.terminal import Printer, explain
from parity.suite.suite import Suite

_SHOWN = 5  # differences of a check; the rest is counted


class SuiteTerminal(Printer):
    """Prints a line for each check as it is made; then the differences and the verdict."""

    def header(self) -> None:
        """Print the columns' names."""
        self.print(
            f"{'check':<12} {'compared':>8} {'different':>9} {'bit-equal':>10} status", "bold"
        )

    def outcome(self, outcome: Outcome) -> None:
        """Print a check's line."""
        if outcome.lacks:
            self.print(f"{outcome.check:<12} not compared: {outcome.lacks}", "yellow")
            return
        bits = "" if outcome.bits is None else "{} of {}".format(*outcome.bits)
        status = "CRASHED" if outcome.crashed else outcome.status
        line = f"{outcome.check:<12} {outcome.compared:>8} {outcome.failed:>9} {bits:>10}"
        self.print(f"{line} {status}", "" if outcome.status is Status.MATCH else "red")

    def summary(self, report: Report, suite: Suite) -> None:
        """Print what differs, why, the verdict, and how to see it again."""
        candidate = str(report.environment["candidate"])
        for outcome in report.outcomes:
            if outcome.crashed or outcome.different:
                for line, style in failure_lines(outcome, suite, candidate):
                    self.print(line, style)
        self.print("")
        self.verdict(report, _reason(report, suite))
        self.origin(report)


def failure_lines(outcome: Outcome, suite: Suite, candidate: str) -> list[tuple[str, str]]:
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
        lines.append((f"    fix    {known.fix}", ""))
    lines += [(f"  known: {each}", "") for each in outcome.known]
    command = shlex.join(["parity", suite.name, candidate, "--check", outcome.check])
    return [*lines, (f"  again  {command}", "dim")]


def failure_text(outcome: Outcome, suite: Suite, candidate: str) -> str:
    """Tell it as one text, for a test that failed."""
    return "\n".join(line for line, _ in failure_lines(outcome, suite, candidate))


def _reason(report: Report, suite: Suite) -> str:
    broken = [outcome.check for outcome in report.outcomes if outcome.crashed]
    if broken:
        return f"the candidate, in {', '.join(broken)}"
    if not report.compared:
        return f"the candidate has no method that is compared; see {suite.contract}"
    return f"{report.compared - report.failed} of {report.compared} comparisons hold"


def to_json(report: Report) -> str:
    """The same as an object."""
    checks = [_check(outcome) for outcome in report.outcomes]
    causes = [known.id for outcome in report.outcomes for known in outcome.causes]
    return dumped(report, {}, {"checks": checks, "causes": causes}, {})


def _check(outcome: Outcome) -> dict[str, Any]:
    names = ("check", "status", "bits", "known", "lacks", "crashed")
    causes = [
        {"fault": known.id, "says": known.description, "hint": known.fix}
        for known in outcome.causes
    ]
    return {
        **{name: getattr(outcome, name) for name in names},
        "compared": outcome.compared,
        "different": outcome.failed,
        "causes": causes,
        "together": outcome.together,
        "rows": [as_object(row) for row in outcome.rows],
    }
