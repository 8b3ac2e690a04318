"""All checks of a pretraining, one after the other."""

from collections.abc import Callable, Collection, Iterator
from typing import NamedTuple

from parity.checks.hidden_words import check_hidden_words
from parity.checks.initial_weights import check_initial_weights
from parity.checks.pretraining_loss import check_loss
from parity.checks.pretraining_outcome import Outcome
from parity.checks.processes import check_processes
from parity.checks.resuming import check_resuming
from parity.checks.sentence_pairs import check_sentence_pairs
from parity.checks.trainer_run import check_run
from parity.checks.training_steps import check_dropout, check_steps
from parity.errors import CandidateCrashedError
from parity.training_candidate import Asked


class Check(NamedTuple):
    """A check.

    Attributes:
        needs: methods that a candidate must have.
        run: judges it.
    """

    needs: tuple[str, ...]
    run: Callable[[Asked], Outcome]


CHECKS = {
    "initial": Check(("initial",), check_initial_weights),
    "masks": Check(("mask",), check_hidden_words),
    "pairs": Check(("pairs",), check_sentence_pairs),
    "loss": Check(("build", "loss"), check_loss),
    "steps": Check(("build", "train"), check_steps),
    "dropout": Check(("build", "train"), check_dropout),
    "resume": Check(("build", "train", "folder"), check_resuming),
    "processes": Check(("build", "train"), check_processes),
    "run": Check(("build", "run"), check_run),
}


def run_checks(candidate: Asked, names: Collection[str] = ()) -> Iterator[Outcome]:
    """Judge a candidate by the checks of these names, or by all.

    What it lacks, and where it crashed, is said in the outcome; the other checks are made.

    Raises:
        CandidateError: it is not what a candidate must be.
        CandidateCrashedError: it cannot be loaded.
    """
    has = candidate.has()
    for name in names or CHECKS:
        needs, run = CHECKS[name]
        if lacks := [each for each in needs if each not in has]:
            yield Outcome(name, lacks=f"the candidate has no {' and no '.join(lacks)}")
            continue
        try:
            yield run(candidate)
        except CandidateCrashedError as error:
            yield Outcome(name, crashed=str(error))
