"""A check's report for a person at a terminal: a line for each probe, then what was born where."""

from collections.abc import Iterable

from rich.console import Console

from parity.core.compare import Comparison, Status
from parity.core.probes import Scope
from parity.core.stages import grouped
from parity.core.verdict import Report, Verdict
from parity.model.candidate import FEATURES
from parity.report.diagnosis import lines
from parity.report.json import to_json
from parity.report.terminal import Printer, explain

_COLUMNS = {
    "propagated": ("propagated", "gradient"),
    "isolated": ("isolated", "isolated gradient"),
    "padding": ("padding",),
}


def show(report: Report, rows: Iterable[Comparison], *, human: bool, probes: bool = True) -> None:
    """Fill a report row after row and print it; what goes wrong on the way is its verdict.

    Args:
        report: is filled.
        rows: as they come.
        human: whether a person reads it.
        probes: whether that person reads a line for each probe.

    Raises:
        CandidateError: the candidate is not what one must be.
    """
    terminal = CheckReport(Console())
    with report.failing():
        for row in rows:
            report.rows.append(row)
            if human and probes:
                terminal.row(row)
    if human:
        terminal.summary(report)
    else:
        print(to_json(report))


class CheckReport(Printer):
    """Prints a probe's line when all of it is there, and the verdict at the end."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._rows: list[Comparison] = []
        self._checkpoint: str | None = None

    def row(self, row: Comparison) -> None:
        """Take a row; the rows of a probe come together, and so do those of a checkpoint."""
        if self._rows and self._rows[0].probe != row.probe:
            self.probe()
        if row.checkpoint != self._checkpoint:
            self.probe()
            self.print(_line(row.checkpoint or "probe", *_COLUMNS), "bold")
            self._checkpoint = row.checkpoint
        self._rows.append(row)

    def probe(self) -> None:
        """Print the line of the probe whose rows have come."""
        rows, self._rows = self._rows, []
        if not rows:
            return
        if all(row.status is Status.UNSUPPORTED for row in rows):
            note = f"UNSUPPORTED: {rows[0].note}".splitlines()[0]
            self.print(f"{rows[0].probe:<20} {note}", "yellow")
            return
        if rows[0].lane == "law":
            told = (
                f"{row.name:<20} {'holds' if row.passed else 'broken'}: {row.note}" for row in rows
            )
            self.print("\n".join(told), "" if all(row.passed for row in rows) else "red")
            return
        lanes = [[row for row in rows if row.lane in lanes] for lanes in _COLUMNS.values()]
        wrong = any(not row.passed for row in rows if row.lane != "padding")
        self.print(_line(rows[0].probe, *map(_cell, lanes)), "red" if wrong else "")
        for row in [row for row in rows if row.note and not row.passed][:1]:
            self.print(f"{'':<20} {row.name}: {row.note}", "red")

    def summary(self, report: Report) -> None:
        """Print the verdict, what was born where, and how to see it again."""
        self.probe()
        self.print("")
        if line := scope_line(report):
            self.print(line, "bold")
        nothing = "the candidate has none of the stages and outputs; see docs/adapters.md"
        is_nothing = report.verdict is Verdict.NOTHING_COMPARED
        self.verdict(report, nothing if is_nothing else report.tally)
        if report.first_divergence is not None:
            first = report.first_divergence
            self.print(f"first divergence, on {where(first)}: {explain(first)}")
        left_out = {
            row.name: row.note
            for row in report.rows
            if row.status is Status.UNSUPPORTED and row.name not in (*FEATURES, "probe")
        }
        if left_out:
            name, note = next(iter(left_out.items()))
            self.print(f"not compared: {len(left_out)} of its stages, first {name}: {note}")
        for name in grouped(report.born):
            self.print(f"born here, though its input was right: {name}", "red")
        for name in grouped(report.born_backward):
            self.print(f"born on the way back, its gradient alone is wrong: {name}", "red")
        if report.required is not None:
            self.print(required(report.required))
        for row in report.rows:
            if row.reproduction:
                self.print(f"\n{row.reproduction}\n")
        if report.diagnosis is not None:
            for line, style in lines(report.diagnosis, report.environment["candidate"]):
                self.print(line, style)
            self.print("")
        if line := not_seen(report):
            self.print(line, "dim")
        self.origin(report)


def scope_line(report: Report) -> str:
    """Say in a line what the check found in each scope, and what it did not check."""
    told, unchecked = [], []
    for scope, result in report.scopes.items():
        if result.verdict is Verdict.NOTHING_COMPARED:
            unchecked.append(scope.label)
            continue
        number = {0: result.verdict.replace("_", " "), 1: "one difference"}
        found = number.get(result.differences, f"{result.differences} differences")
        notes = " (with a note)" if result.notes else ""
        told.append(f"{scope.label.capitalize()}: {found}{notes}")
        unchecked += result.unchecked
    if unchecked:
        told.append(f"Not checked: {', '.join(unchecked)}")
    return "".join(f"{each}. " for each in told).strip()


def not_seen(report: Report) -> str:
    """Say what a check could not see, whatever it found."""
    if not report.scopes:
        return ""
    rows = [row for row in report.rows if row.scope == Scope.EVALUATION]
    compared = [row.name for row in rows if row.status is not Status.UNSUPPORTED]
    hidden = [name for name in report.reference_stages if name not in compared]
    stages = f"{len(hidden)} of HuggingFace's stages, first {hidden[0]}; " if hidden else ""
    stages = stages if compared else ""
    names = " and ".join(dict.fromkeys(each.checkpoint for each in report.asked))
    return (
        f"not seen: {stages}other weights than {names}; other devices; more than one training step"
    )


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
    worst = max(rows, key=lambda row: row.needed)
    return f"{len(rows)} to {worst.max_rel:.0e}" if worst.max_abs > 0 else f"{len(rows)} exactly"


def required(row: Comparison) -> str:
    """Say which is the smallest tolerance that would pass, for a report's `required`."""
    return (
        f"required tolerance: {row.max_abs:.1e}, or {row.max_rel:.1e} of the largest number, "
        f"at {row.name} on {where(row)}; allowed are {row.allowed:.1e}"
    )


def where(row: Comparison) -> str:
    """Say on which input, and with which weights."""
    return f"{row.probe!r}" + (f" of {row.checkpoint}" if row.checkpoint else "")
