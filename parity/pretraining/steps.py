"""Do optimizer steps end with HuggingFace's parameters, and if not, what was done otherwise?"""

from functools import cache, lru_cache, partial
from typing import Any

from parity.core.mistake import Mistake
from parity.core.outcome import Outcome
from parity.pretraining.candidate import TrainingCandidate
from parity.pretraining.dropout import judge_dropped, judge_seeds
from parity.pretraining.inputs import CONFIG, SETTINGS, steps, weights
from parity.pretraining.inputs import STILL as WITHOUT_DROPOUT
from parity.pretraining.states import (
    KEPT,
    LazyStates,
    explain,
    judge_states,
    reference_states,
    with_mistake,
)
from parity.suite.candidate import SuiteCandidate
from parity.suite.training_runs import State, states


def check_steps(candidate: SuiteCandidate) -> Outcome:
    """Take twenty steps of two batches without dropout, in double precision.

    Raises:
        CandidateError: `build` does not return what it must.
        CandidateCrashedError: the candidate raised.
    """
    outcome, number = Outcome("steps"), SETTINGS["steps"]
    given = {"weights": weights(), "steps": steps(number), "settings": SETTINGS}
    ours = candidate.ask(TrainingCandidate.train, config=WITHOUT_DROPOUT, dtype="float64", **given)[
        "states"
    ]
    judge_states(outcome, ours, [*_right(number)])
    if outcome.different and len(ours) == number:
        from parity.pretraining.mistakes import losses
        from parity.pretraining.mistakes.steps import STEPS

        explain(outcome, ours, (*STEPS, *losses.MISTAKES), partial(_wrong, number))
    return outcome


@cache
def _right(number: int) -> LazyStates:
    return LazyStates(reference_states(weights(), steps(number), SETTINGS))


@lru_cache(KEPT)
def _wrong(number: int, mistake: Mistake) -> LazyStates:
    maker, trained = with_mistake(mistake, weights())
    return LazyStates(states(trained, maker.train(trained, steps(number), SETTINGS)))


def check_dropout(candidate: SuiteCandidate) -> Outcome:
    """Take twenty steps with dropout, in single precision.

    That the bits are the reference's from the same seed is told and not demanded; that something
    is dropped is demanded.

    Raises:
        CandidateError: `build` does not return what it must.
        CandidateCrashedError: the candidate raised.
    """
    outcome, number = Outcome("dropout"), SETTINGS["steps"]
    given = {"config": CONFIG, "weights": weights(), "dtype": "float32"}
    ours = candidate.ask(TrainingCandidate.train, steps=steps(number), settings=SETTINGS, **given)[
        "states"
    ]
    judge_dropped(outcome, ours[-1] if ours else {}, *_dropped(number), _dropout)
    if not outcome.different:

        def few(seed: int) -> list[State]:
            taken = steps(3)[::2]  # of small batches; the rate of the first step is 0
            settings = {**SETTINGS, "steps": len(taken), "warmup": 1, "seed": seed}
            own = {"steps": taken, "settings": settings}
            return candidate.ask(TrainingCandidate.train, **given, **own)["states"]

        judge_seeds(outcome, few, SETTINGS["seed"])
    return outcome


def _dropout() -> Mistake:
    from parity.pretraining.mistakes.steps import DROPOUT

    return DROPOUT


@cache
def _dropped(number: int) -> tuple[State, State]:
    """The reference's parameters in the end, with dropout and without."""

    def last(config: dict[str, Any]) -> State:
        given = weights(), steps(number), SETTINGS
        return [*reference_states(*given, config=config, dtype="float32")][-1]

    return last(CONFIG), last(WITHOUT_DROPOUT)
