"""Do optimiser steps end with HuggingFace's parameters, and if not, what was done otherwise?"""

from functools import cache, lru_cache, partial
from typing import Any

from parity.answering import Asked
from parity.checks.left_off import judge_dropped
from parity.checks.outcome import Outcome
from parity.checks.pretraining_inputs import CONFIG, SETTINGS, steps, weights
from parity.checks.pretraining_inputs import STILL as WITHOUT_DROPOUT
from parity.checks.training_states import KEPT, Remembered, explain, judge_states, reference_states
from parity.mistakes import losses
from parity.mistakes.instead import Instead
from parity.mistakes.steps import DROPOUT, STEPS
from parity.plain_training import Recipe
from parity.trained import State


def check_steps(candidate: Asked) -> Outcome:
    """Take twenty steps of two batches without dropout, in double precision.

    Raises:
        CandidateError: `build` does not return what it must.
        CandidateCrashedError: the candidate raised.
    """
    outcome, number = Outcome("steps"), SETTINGS["steps"]
    given = {"weights": weights(), "steps": steps(number), "settings": SETTINGS}
    ours = candidate.ask("train", config=WITHOUT_DROPOUT, dtype="float64", **given)["states"]
    judge_states(outcome, ours, [*_trained(number, None)])
    if outcome.different and len(ours) == number:
        explain(outcome, ours, (*STEPS, *losses.MISTAKES), partial(_trained, number))
    return outcome


@lru_cache(KEPT)
def _trained(number: int, mistake: Instead | None) -> Remembered:
    """The reference's model, with a mistake or none."""
    recipe = Recipe(**mistake.parts) if mistake else Recipe()
    return Remembered(reference_states(weights(), steps(number), SETTINGS, recipe))


def check_dropout(candidate: Asked) -> Outcome:
    """Take twenty steps with dropout, in single precision.

    That the bits are the reference's from the same seed is told and not demanded; that something
    is dropped is demanded.

    Raises:
        CandidateError: `build` does not return what it must.
        CandidateCrashedError: the candidate raised.
    """
    outcome, number = Outcome("dropout"), SETTINGS["steps"]
    given = {"config": CONFIG, "weights": weights(), "dtype": "float32"}
    ours = candidate.ask("train", steps=steps(number), settings=SETTINGS, **given)["states"]
    judge_dropped(outcome, ours[-1] if ours else {}, *_dropped(number), DROPOUT.fault)
    return outcome


@cache
def _dropped(number: int) -> tuple[State, State]:
    """The reference's parameters in the end, with dropout and without."""

    def last(config: dict[str, Any]) -> State:
        given = weights(), steps(number), SETTINGS
        return [*reference_states(*given, config=config, dtype="float32")][-1]

    return last(CONFIG), last(WITHOUT_DROPOUT)
