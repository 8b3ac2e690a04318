"""Does a training that is stopped go on as if it had not been?"""

import tempfile
from collections.abc import Iterator
from functools import cache
from typing import Any

from parity.core.compare import Comparison, compare
from parity.core.mistake import Mistake
from parity.core.outcome import Outcome
from parity.core.tolerance import BIT_FOR_BIT
from parity.pretraining.candidate import TrainingCandidate
from parity.pretraining.inputs import CONFIG, SETTINGS, steps, weights
from parity.pretraining.inputs import STILL as WITHOUT_DROPOUT
from parity.pretraining.states import LazyStates, explain, judge_states, reference_states
from parity.suite.candidate import SuiteCandidate
from parity.suite.training_runs import State

_STOP, _STEPS = 7, 10
_SETTINGS = {**SETTINGS, "steps": _STEPS}
_OTHER = 1  # the seed of the weights that a training goes on with, if it forgets its own


def check_resuming(candidate: SuiteCandidate) -> Outcome:
    """Stop after seven steps, and go on with a fresh model.

    Without dropout the steps are the reference's; with it, the candidate's own that did not stop.

    Raises:
        CandidateError: `build` does not return what it must.
        CandidateCrashedError: the candidate raised.
    """
    outcome = Outcome("resume")
    ours = _stopped(candidate, WITHOUT_DROPOUT)
    taken = max(len(ours), _STEPS - _STOP)  # more, where not every step is kept
    theirs = [*_not_stopped()][-taken:]
    judge_states(outcome, ours, theirs, begin=_STEPS - len(theirs) + 1)
    outcome.bits = None
    if outcome.different:
        from parity.pretraining.mistakes.processes import RESUMED

        explain(outcome, ours, RESUMED, _wrong)
        return outcome
    last = _stopped(candidate, CONFIG)[-1]
    for row in _compared(last, _asked(candidate, CONFIG, weights())[-1]):
        outcome.rows.append(row)
    if outcome.different:
        from parity.pretraining.mistakes.processes import random_state_is_forgotten

        outcome.causes = [random_state_is_forgotten]
    return outcome


@cache
def _not_stopped() -> LazyStates:
    return LazyStates(reference_states(weights(), steps(_STEPS), _SETTINGS))


def _stopped(candidate: SuiteCandidate, config: dict[str, Any]) -> list[State]:
    """Train, stop, and go on; return what comes after the stop."""
    with tempfile.TemporaryDirectory() as folder:
        _asked(candidate, config, weights(), folder=folder, stop=_STOP)
        return _asked(candidate, config, weights(_OTHER), folder=folder)


def _asked(
    candidate: SuiteCandidate, config: dict[str, Any], begin: State, **more: Any
) -> list[State]:
    given = {"config": config, "weights": begin, "dtype": "float64", "steps": steps(_STEPS)}
    return candidate.ask(TrainingCandidate.train, settings=_SETTINGS, **given, **more)["states"]


@cache
def _wrong(mistake: Mistake) -> list[State]:
    from parity.pretraining.mistaken import with_mistake

    return _stopped(with_mistake(mistake), WITHOUT_DROPOUT)


def _compared(ours: State, theirs: State) -> Iterator[Comparison]:
    for name in theirs:
        probe = "with dropout, beside one that was not stopped"
        yield compare(name, ours[name], theirs[name], BIT_FOR_BIT, probe=probe)
