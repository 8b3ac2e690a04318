"""What a check of a pretraining, a fine-tuning or an inference comes to."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from itertools import combinations

from parity.core.compare import Comparison, Status
from parity.core.mistake import Mistake


@dataclass
class Outcome:
    """A check's.

    Attributes:
        check: its name.
        rows: what was compared, in order.
        bits: how many tensors have the reference's bits, and of how many; None where that was not
            asked. It is a fact, and no demand.
        causes: known mistakes, each of which explains all that differs; or two that do together.
        together: whether it is two.
        known: what can be said where none does.
        lacks: why nothing was compared.
        crashed: what the candidate raised.
    """

    check: str
    rows: list[Comparison] = field(default_factory=list)
    bits: tuple[int, int] | None = None
    causes: list[Mistake] = field(default_factory=list)
    together: bool = False
    known: list[str] = field(default_factory=list)
    lacks: str = ""
    crashed: str = ""

    @property
    def different(self) -> list[Comparison]:
        """The rows that are not as they should be."""
        return [row for row in self.rows if not row.passed]

    @property
    def status(self) -> Status:
        """In a word."""
        if self.lacks:
            return Status.UNSUPPORTED
        return Status.VALUE if self.different or self.crashed else Status.MATCH

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
            both = replace(
                one,
                id=f"{one.id}+{other.id}",
                replaces=one.replaces + other.replaces,
            )
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
