"""A suite: the checks that judge one side of a BERT beside the model, such as its pretraining."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from parity.core.errors import CandidateCrashedError
from parity.core.outcome import Outcome
from parity.suite.candidate import LocalCandidate, SuiteCandidate


class Check(NamedTuple):
    """A check.

    Attributes:
        needs: methods that a candidate must have.
        run: judges it.
    """

    needs: tuple[str, ...]
    run: Callable[[SuiteCandidate], Outcome]


@dataclass(frozen=True)
class Suite:
    """Checks that belong together.

    Attributes:
        name: of the command, `parity NAME`.
        local_class: the class that asks a candidate's methods; its module says which there are.
        checks: by name, in order.
        scratch_bert: the candidate that is judged where none is given.
    """

    name: str
    local_class: type[LocalCandidate]
    checks: Mapping[str, Check]
    scratch_bert: str

    @property
    def contract(self) -> str:
        """The file that says which methods a candidate may have."""
        return f"{self.local_class.__module__.replace('.', '/')}.py"


def run_checks(
    suite: Suite, candidate: SuiteCandidate, names: Collection[str] = ()
) -> Iterator[Outcome]:
    """Judge a candidate by the checks of these names, or by all.

    What it lacks, and where it crashed, is said in the outcome; the other checks are made.

    Raises:
        CandidateError: it is not what a candidate must be.
        CandidateCrashedError: it cannot be loaded.
    """
    try:
        has = candidate.has()
    except CandidateCrashedError as error:
        raise CandidateCrashedError(f"{candidate.name} cannot be loaded\n{error}") from None
    for name in names or suite.checks:
        needs, run = suite.checks[name]
        if lacks := [each for each in needs if each not in has]:
            yield Outcome(name, lacks=f"the candidate has no {' and no '.join(lacks)}")
            continue
        try:
            yield run(candidate)
        except CandidateCrashedError as error:
            yield Outcome(name, crashed=str(error))
