"""Do optimiser steps end with HuggingFace's parameters, and if not, what was done otherwise?"""

from collections.abc import Mapping
from functools import cache, lru_cache, partial
from typing import Any

import torch

from parity.answering import Asked
from parity.checks.outcome import Outcome
from parity.checks.pretraining_inputs import CONFIG, SETTINGS, steps, weights
from parity.checks.pretraining_inputs import STILL as WITHOUT_DROPOUT
from parity.checks.training_states import KEPT, Remembered, explain, judge_states, reference_states
from parity.compare import Comparison, Status, bit_equal
from parity.mistakes import losses
from parity.mistakes.instead import Instead
from parity.mistakes.steps import DROPOUT, STEPS
from parity.plain_training import Recipe
from parity.training_candidate import State

_LEFT_OFF = 0.1
"""How near a training with dropout may come to one without, as a share of the distance between the
reference's two: five with other draws were 0.97 to 1.06 away, one without dropout 0.001, by
rounding alone."""


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
    theirs, without = _dropped(number)
    last: State = ours[-1] if ours else {}
    both = [name for name in theirs if name in last and last[name].shape == theirs[name].shape]
    outcome.bits = sum(bit_equal(last[name], theirs[name]) for name in both), len(theirs)
    if not both:
        note = "nothing was trained under HuggingFace's names"
        outcome.rows.append(
            Comparison("parameters", Status.MISSING_OURS, note=note, probe="dropout")
        )
        return outcome
    near = _distance(both, last, without) / _distance(both, theirs, without)
    left_off = not near > _LEFT_OFF  # so that NaN is wrong, too
    note = (
        f"trained with dropout it is {near:.1e} of the reference's distance from a training "
        f"without, expected more than {_LEFT_OFF}"
    )
    status = Status.VALUE if left_off else Status.MATCH
    outcome.rows.append(Comparison("parameters", status, note=note, probe="dropout"))
    if near <= _LEFT_OFF:
        outcome.causes.append(DROPOUT.fault)
    return outcome


@cache
def _dropped(number: int) -> tuple[State, State]:
    """The reference's parameters in the end, with dropout and without."""

    def last(config: dict[str, Any]) -> State:
        given = weights(), steps(number), SETTINGS
        return [*reference_states(*given, config=config, dtype="float32")][-1]

    return last(CONFIG), last(WITHOUT_DROPOUT)


def _distance(
    names: list[str], ours: Mapping[str, torch.Tensor], theirs: Mapping[str, torch.Tensor]
) -> float:
    return sum((ours[name] - theirs[name]).abs().sum().item() for name in names)
