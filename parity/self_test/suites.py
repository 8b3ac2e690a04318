"""Pretraining and its like for the self-test: with each known mistake, and with none."""

from collections.abc import Iterator, Sequence
from types import ModuleType

from parity.core.mistake import Mistake
from parity.core.outcome import Outcome
from parity.finetuning import mistaken as mistaken_finetuning
from parity.finetuning.suite import FINETUNING
from parity.inference import mistaken as mistaken_inference
from parity.inference.suite import INFERENCE
from parity.pretraining import mistaken as mistaken_pretraining
from parity.pretraining.suite import PRETRAINING
from parity.suite.mistake import by_id
from parity.suite.suite import Suite

_TRIED: tuple[tuple[Suite, ModuleType], ...] = (
    (PRETRAINING, mistaken_pretraining),
    (FINETUNING, mistaken_finetuning),
    (INFERENCE, mistaken_inference),
)
"""Each suite, and the module of its mistakes."""


def mistakes_by_title() -> dict[str, Sequence[Mistake]]:
    """Return the known mistakes of all suites, by a title."""
    return {title: part for _, module in _TRIED for title, part in module.PARTS.items()}


def suite_mistakes() -> dict[str, Mistake]:
    """The same by id; their stage is the check that sees them."""
    return by_id(mistakes_by_title())


def correct_ones() -> list[str]:
    """Name the correct candidates: scratch_bert's, one for each suite."""
    return [f"{suite.name} of scratch_bert" for suite, _ in _TRIED]


def judge_known(name: str, only: Sequence[str] = ()) -> Iterator[tuple[Suite, Outcome]]:
    """Judge a known mistake by the check that sees it, or a correct candidate by every check.

    Args:
        name: of the mistake, or one of `correct_ones`.
        only: the checks that a correct one is judged by; none means all.
    """
    if name in correct_ones():
        suite, module = _TRIED[correct_ones().index(name)]
        candidate, checks = module.with_mistake(), only or suite.checks
    else:
        suite, module = next((suite, module) for suite, module in _TRIED if name in module.KNOWN)
        candidate, checks = module.with_mistake(module.KNOWN[name]), module.KNOWN[name].stages
    for check in checks:
        yield suite, suite.checks[check].run(candidate)
