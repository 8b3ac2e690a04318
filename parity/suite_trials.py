"""Pretraining and its like for the self-test: with each known mistake, and with none."""

from collections.abc import Iterator
from types import ModuleType

from parity import faulty_finetuning, faulty_inference, faulty_training
from parity.checks.finetuning import FINETUNING
from parity.checks.inference import INFERENCE
from parity.checks.outcome import Outcome
from parity.checks.pretraining import PRETRAINING
from parity.edits import Fault
from parity.mistakes.instead import RIGHT, Instead, by_name
from parity.suite import Suite

_TRIED: tuple[tuple[Suite, ModuleType], ...] = (
    (PRETRAINING, faulty_training),
    (FINETUNING, faulty_finetuning),
    (INFERENCE, faulty_inference),
)
"""Each suite, and a module of candidates that are called by the names of their mistakes."""


def suite_mistakes() -> dict[str, tuple[Instead, ...]]:
    """Return the known mistakes of all suites, by a title."""
    return {title: part for _, faulty in _TRIED for title, part in faulty.PARTS.items()}


def suite_faults() -> dict[str, Fault]:
    """The same by name; their stage is the check that sees them."""
    return {name: mistake.fault for name, mistake in by_name(suite_mistakes()).items()}


def right_ones(suite: Suite) -> list[str]:
    """Name what is right: a suite's candidate in plain code, once for each check."""
    return [f"{suite.name} in plain code: {check}" for check in suite.checks]


def all_right() -> list[str]:
    """Name what is right in all suites."""
    return [name for suite, _ in _TRIED for name in right_ones(suite)]


def judge_known(name: str) -> tuple[Suite, Outcome]:
    """Judge a candidate by the check that a mistake is of.

    Args:
        name: of the mistake, or of what is right.
    """
    suite, check, faulty, made = next(
        (suite, check, faulty, made)
        for suite, faulty in _TRIED
        for called, check, made in _candidates(suite, faulty)
        if called == name
    )
    candidate = suite.answering(getattr(faulty, made), f"{faulty.__name__}:{made}")
    return suite, suite.checks[check].run(candidate)


def _candidates(suite: Suite, faulty: ModuleType) -> Iterator[tuple[str, str, str]]:
    """What each is called here, the check that it is judged by, and its name in the module."""
    for part in faulty.PARTS.values():
        for mistake in part:
            yield mistake.fault.name, mistake.fault.stages[0], mistake.fault.name
    yield from zip(right_ones(suite), suite.checks, [RIGHT] * len(suite.checks), strict=True)
