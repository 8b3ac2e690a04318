"""Pretraining and its like for the self-test: with each known mistake, and with none."""

from collections.abc import Iterator, Sequence
from types import ModuleType

from parity.core.mistake import Mistake
from parity.core.outcome import Outcome
from parity.finetuning.suite import FINETUNING
from parity.inference.suite import INFERENCE
from parity.pretraining import mistaken as mistaken_pretraining
from parity.pretraining.suite import PRETRAINING
from parity.self_test.mutants import finetuning as faulty_finetuning
from parity.self_test.mutants import inference as faulty_inference
from parity.suite.mistake import RIGHT, by_id
from parity.suite.suite import Suite

_TRIED: tuple[tuple[Suite, ModuleType], ...] = (
    (PRETRAINING, mistaken_pretraining),
    (FINETUNING, faulty_finetuning),
    (INFERENCE, faulty_inference),
)
"""Each suite, and a module of candidates that are called by the names of their mistakes."""


def mistakes_by_title() -> dict[str, Sequence[Mistake]]:
    """Return the known mistakes of all suites, by a title."""
    return {title: part for _, module in _TRIED for title, part in module.PARTS.items()}


def suite_mistakes() -> dict[str, Mistake]:
    """The same by id; their stage is the check that sees them."""
    return by_id(mistakes_by_title())


def correct_ones() -> list[str]:
    """Name the correct candidates: one in plain code for each suite."""
    return [f"{suite.name} in plain code" for suite, _ in _TRIED]


def judge_known(name: str, only: Sequence[str] = ()) -> Iterator[tuple[Suite, Outcome]]:
    """Judge a known mistake by the check that sees it, or a correct candidate by every check.

    Args:
        name: of the mistake, or one of `correct_ones`.
        only: the checks that a correct one is judged by; none means all.
    """
    if name in correct_ones():
        suite, module = _TRIED[correct_ones().index(name)]
        made, checks = RIGHT, [*(only or suite.checks)]
    else:
        suite, module = next(
            (suite, module) for suite, module in _TRIED if name in by_id(module.PARTS)
        )
        made, checks = name, [suite_mistakes()[name].stages[0]]
    candidate = suite.answering(getattr(module, made), f"{module.__name__}:{made}")
    for check in checks:
        yield suite, suite.checks[check].run(candidate)
