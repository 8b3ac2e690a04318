"""Pretraining for the self-test: with each known mistake, and with none."""

from parity import faulty_training
from parity.checks.pretraining import CHECKS
from parity.checks.pretraining_outcome import Outcome
from parity.faulty_training import RIGHT, training_faults
from parity.training_candidate import TrainingCandidate

_PLAIN = "pretraining in plain code: "


def right_trainings() -> list[str]:
    """Name what is right: a pretraining in plain code, once for each check."""
    return [f"{_PLAIN}{check}" for check in CHECKS]


def judge_training(name: str) -> Outcome:
    """Judge a pretraining by the check that a mistake is of.

    Args:
        name: of the mistake, or of what is right.
    """
    fault = training_faults().get(name)
    check, made = (fault.stages[0], name) if fault else (name.removeprefix(_PLAIN), RIGHT)
    candidate = getattr(faulty_training, made)
    return CHECKS[check].run(TrainingCandidate(candidate, f"{faulty_training.__name__}:{made}"))
