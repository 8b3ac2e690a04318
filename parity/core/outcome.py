"""What a check comes to: how much was compared, what differs, and why."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any

from parity.core.compare import Comparison, Status
from parity.core.mistake import Mistake


@dataclass(frozen=True)
class Difference:
    """An input of a tokenizer on which it differs, made as small as it can be.

    Attributes:
        call: what was asked, as Python source.
        text: the text it hangs on.
        what: which of the outputs differs.
        ours: the candidate's answer.
        theirs: the reference's.
        rule: the rule that was broken.
        rerun: options of `parity tokenizer` that show it again.
    """

    call: str
    text: str
    what: str
    ours: Any
    theirs: Any
    rule: str
    rerun: str


@dataclass
class Outcome:
    """A check's.

    Attributes:
        check: its name; for a tokenizer also a feature's.
        configuration: of a tokenizer, by name.
        rows: what was compared, in order.
        inputs: how many inputs of a tokenizer were compared, which have no rows.
        wrong: how many of those differ.
        differences: some of those that differ, one per rule.
        bits: how many tensors have the reference's bits, and of how many; None where that was not
            asked. It is a fact, and no demand.
        causes: known mistakes, each of which explains all that differs; or two that do together.
        possible: ids of a tokenizer's known mistakes, each of which explains all that differs.
        together: whether `causes` are two that explain it together.
        known: what can be said where no known mistake does.
        lacks: why nothing was compared.
        crashed: what the candidate raised.
    """

    check: str
    configuration: str = ""
    rows: list[Comparison] = field(default_factory=list)
    inputs: int = 0
    wrong: int = 0
    differences: list[Difference] = field(default_factory=list)
    bits: tuple[int, int] | None = None
    causes: list[Mistake] = field(default_factory=list)
    possible: list[str] = field(default_factory=list)
    together: bool = False
    known: list[str] = field(default_factory=list)
    lacks: str = ""
    crashed: str = ""

    @property
    def different(self) -> list[Comparison]:
        """The rows that are not as they should be."""
        return [row for row in self.rows if not row.passed]

    @property
    def compared(self) -> int:
        """How many comparisons were made."""
        return len(self.rows) + self.inputs

    @property
    def failed(self) -> int:
        """How many comparisons do not hold."""
        return len(self.different) + self.wrong

    @property
    def status(self) -> Status:
        """In a word."""
        if self.lacks:
            return Status.UNSUPPORTED
        return Status.VALUE if self.failed or self.crashed else Status.MATCH

    def add(self, difference: Difference) -> None:
        """Keep a difference, if none of its rule is there yet."""
        if all(difference.rule != known.rule for known in self.differences):
            self.differences.append(difference)

    def explain(
        self, known: Iterable[Mistake], fits: Callable[[Mistake], bool], *, pairs: bool = True
    ) -> None:
        """Name the causes.

        Args:
            known: mistakes to try, alone, and then two at once where they are of different parts.
            fits: whether one comes to what the candidate did.
            pairs: whether two at once are tried.
        """
        known = [each for each in known if not each.equivalent]
        self.causes = [each for each in known if fits(each)]
        if self.causes or not pairs:
            return
        for one, other in combinations(known, 2):
            if one.touched & other.touched:
                continue
            both = replace(one, id=f"{one.id}+{other.id}", replaces=one.replaces + other.replaces)
            if fits(both):
                self.causes, self.together = [one, other], True
                return


def accounted(
    check: str, ours: Iterable[str], theirs: Iterable[str], ignored: Iterable[str] = ()
) -> list[Comparison]:
    """Name what one side lacks.

    Args:
        check: of which.
        ours: the candidate's names.
        theirs: the reference's.
        ignored: what a candidate may have besides.
    """
    ours, theirs = list(ours), list(theirs)
    note = "the reference has a tensor of this name, the candidate has none"
    missing = [
        Comparison(name, Status.MISSING_OURS, note=note, probe=check)
        for name in theirs
        if name not in ours
    ]
    note = "the candidate has a tensor of this name, the reference has none"
    return missing + [
        Comparison(name, Status.MISSING_THEIRS, note=note, probe=check)
        for name in ours
        if name not in theirs and name not in [*ignored]
    ]
