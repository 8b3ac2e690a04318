"""A report for a person at a terminal, row after row as they come."""

import math
import textwrap

from rich.console import Console
from rich.text import Text

from parity.core.compare import Comparison
from parity.core.verdict import Report, Verdict

_WITH_SHAPES = 100  # columns a terminal needs for them


class Printer:
    """Prints lines, and what every report ends with.

    Args:
        console: where.
    """

    def __init__(self, console: Console) -> None:
        self.console = console

    def print(self, line: str, style: str = "") -> None:
        """Print a line, which the terminal may wrap."""
        self.console.print(Text(line, style=style), soft_wrap=True)

    def verdict(self, report: Report, reason: str) -> None:
        """Print the verdict; the error, where there is one, is its reason."""
        style = "bold green" if report.verdict is Verdict.PARITY else "bold red"
        self.print(f"{report.verdict.replace('_', ' ')}: {report.error or reason}", style)

    def origin(self, report: Report) -> None:
        """Print what the result depends on, and the command that repeats it."""
        for line in origin(report, self.console.width):
            self.print(line, "dim")


def origin(report: Report, width: int) -> tuple[str, str]:
    """Return what the result depends on, and the command that repeats it.

    No line ends between a fact's name and its value.
    """
    facts = {name: fact for name, fact in report.environment.items() if fact != ""}
    rerun = facts.pop("rerun")
    text = ", ".join(f"{name} {fact}".replace(" ", "\u00a0") for name, fact in facts.items())
    return textwrap.fill(text, width).replace("\u00a0", " "), f"again: {rerun}"


class TerminalReport(Printer):
    """Prints a table line by line, then the verdict."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self.diverged = False

    def header(self) -> None:
        """Print the columns' names."""
        self.print(
            self._line("stage", "shape", "status", "max abs", "max rel", "bit-equal"), "bold"
        )

    def row(self, row: Comparison) -> None:
        """Print one stage; the first that is not equal is marked."""
        shape = "x".join(map(str, row.shape))
        equal = "yes" if row.bit_equal else "no"
        numbers = _number(row.max_abs), _number(row.max_rel)
        line = self._line(row.name, shape, row.status, *numbers, equal)
        self.print(line, "" if row.passed else "red")
        if not row.passed and not self.diverged:
            self.diverged = True
            self.print("▲ first divergence", "bold red")

    def summary(self, report: Report) -> None:
        """Print the verdict, where it first went wrong, and how to see it again."""
        self.print("")
        self.verdict(report, self._reason(report))
        if report.first_divergence is not None:
            self.print(f"first divergence: {explain(report.first_divergence)}")
        for name in report.born:
            self.print(f"born here, though its input was right: {name}", "red")
        for note in report.notes:
            self.print(f"note: {note}", "yellow")
        self.origin(report)

    def _reason(self, report: Report) -> str:
        if report.verdict is Verdict.NOTHING_COMPARED:
            return "no stage has such a name; a pattern covers all of it, such as '*attention*'"
        if any(row.lane == "isolated" for row in report.rows):
            return report.tally
        equal = sum(row.bit_equal for row in report.rows)
        return f"{equal} of {report.compared} tensors equal bit for bit"

    def _line(self, name: str, shape: str, status: str, *rest: str) -> str:
        shape = f"{shape:<18} " if self.console.width >= _WITH_SHAPES else ""
        max_abs, max_rel, equal = rest
        return f"{name:<45} {shape}{status:<6} {max_abs:>8} {max_rel:>8} {equal:>9}"


def explain(row: Comparison) -> str:
    """Say in a line what is wrong with a stage, for somebody who does not know the test."""
    if row.note:
        return f"{row.name}: {row.status}, {row.note}"
    where = f" at {row.where}" if row.where else ""
    by = "NaN" if math.isnan(row.max_abs) else f"max abs diff {_number(row.max_abs)}"
    return f"{row.name}: {row.status}, {by}{where}, allowed {_number(row.allowed)}"


def _number(value: float) -> str:
    if math.isnan(value):
        return "—"
    return "0" if value == 0 else f"{value:.1e}"
