"""A check's report for a person at a terminal: a line for each probe, then what was born where."""

import math
import textwrap
from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from parity.compare import Comparison, Status
from parity.report.terminal import explain
from parity.verdict import Report, Verdict

_LANES = ("propagated", "isolated", "padding")


class CheckReport:
    """Prints a probe's line when all of it is there, and the verdict at the end."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._rows: list[Comparison] = []

    def header(self) -> None:
        """Print the columns' names."""
        self._print(_line("probe", *_LANES), "bold")

    def row(self, row: Comparison) -> None:
        """Take a row; the rows of a probe come together."""
        if self._rows and self._rows[0].probe != row.probe:
            self.probe()
        self._rows.append(row)

    def probe(self) -> None:
        """Print the line of the probe whose rows have come."""
        rows, self._rows = self._rows, []
        if not rows:
            return
        if rows[0].name == "probe":
            self._print(f"{rows[0].probe:<20} UNSUPPORTED: {rows[0].note}", "yellow")
            return
        lanes = [[row for row in rows if row.lane == lane] for lane in _LANES]
        wrong = any(not row.passed for row in rows if row.lane != "padding")
        self._print(_line(rows[0].probe, *map(_cell, lanes)), "red" if wrong else "")

    def summary(self, report: Report) -> None:
        """Print the verdict, what was born where, and how to see it again."""
        self.probe()
        style = "bold green" if report.verdict is Verdict.PARITY else "bold red"
        self._print(f"\n{report.verdict.replace('_', ' ')}: {_reason(report)}", style)
        if report.first_divergence is not None:
            first = report.first_divergence
            self._print(f"first divergence, on {first.probe!r}: {explain(first)}")
        left_out = {row.name: row.note for row in report.rows if row.status is Status.UNSUPPORTED}
        left_out.pop("probe", None)  # which has a line of its own
        if left_out:
            name, note = next(iter(left_out.items()))
            self._print(f"not compared: {len(left_out)} of its stages, first {name}: {note}")
        for name in report.born:
            self._print(f"born here, though its input was right: {name}", "red")
        facts = {name: fact for name, fact in report.environment.items() if fact != ""}
        rerun = facts.pop("rerun")
        text = ", ".join(f"{name} {fact}".replace(" ", "\u00a0") for name, fact in facts.items())
        self._print(textwrap.fill(text, self._console.width).replace("\u00a0", " "), "dim")
        self._print(f"again: {rerun}", "dim")

    def _print(self, line: str, style: str = "") -> None:
        self._console.print(Text(line, style=style), soft_wrap=True)


def _line(probe: str, *cells: str) -> str:
    return f"{probe:<20} " + " ".join(f"{cell:<18}" for cell in cells)


def _cell(rows: Iterable[Comparison]) -> str:
    """How many stages are equal, or how many are not."""
    rows = [row for row in rows if row.status is not Status.UNSUPPORTED]
    if not rows:
        return "—"
    wrong = sum(not row.passed for row in rows)
    if wrong:
        return f"{wrong} of {len(rows)} differ"
    worst = max((row.max_rel for row in rows if not math.isnan(row.max_rel)), default=0.0)
    return f"{len(rows)} to {worst:.0e}" if worst else f"{len(rows)} exactly"


def _reason(report: Report) -> str:
    if report.error is not None:
        return report.error
    if report.verdict is Verdict.NOTHING_COMPARED:
        return "the candidate has none of the stages and outputs; see the adapter contract"
    rows = [row for row in report.rows if row.lane != "padding"]
    wrong = sum(not row.passed for row in rows)
    judged = sum(row.status is not Status.UNSUPPORTED for row in rows)
    return f"{judged - wrong} of {judged} comparisons in float64 hold"
