"""Inference with a known mistake, made with scratch_bert's models and plain code.

Each mistake is a candidate with its own name, `parity.self_test.mutants.inference:tags-logits`;
`parity.self_test.mutants.inference:right` makes none.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import scratch_bert
from parity.core.mistake import Mistake
from parity.inference.mistakes.catalogue import MISTAKES
from parity.inference.right.machine import Machine
from parity.inference.right.tasks import TASKS
from parity.suite.mistake import RIGHT, by_id
from scratch_bert import BertTokenizer

PARTS: dict[str, tuple[Mistake, ...]] = {
    "Inference: fill-mask.": MISTAKES["fill-mask"],
    "Inference: text classification.": MISTAKES["classify"],
    "Inference: token classification and entities.": MISTAKES["tag"],
    "Inference: question answering.": MISTAKES["answer"],
    "Inference: next sentence.": MISTAKES["next"],
    "Inference: sentence embeddings.": MISTAKES["embed"],
}
KNOWN = by_id(PARTS)
_CHECKS = {task.method: check for check, task in TASKS.items()}


class Faulty:
    """Inference in plain code that makes a mistake, or none; it has the method of each task.

    Args:
        mistake: which.
    """

    def __init__(self, mistake: Mistake | None) -> None:
        self._mistake = mistake

    def __getattr__(self, method: str) -> Callable[..., list[Any]]:
        if method not in _CHECKS:
            raise AttributeError(method)
        return partial(self._answers, _CHECKS[method])

    def _answers(self, check: str, folder: Path, **given: Any) -> list[Any]:
        recipe = TASKS[check].right
        if self._mistake is not None and self._mistake.stages == (check,):
            recipe = replace(recipe, **self._mistake.parts)
        return TASKS[check].answers(_machine(check, folder), recipe, given)


@cache
def _machine(check: str, folder: Path) -> Machine:
    task = TASKS[check]
    model = getattr(scratch_bert, task.architecture).from_pretrained(folder)
    return Machine(folder, model, BertTokenizer.from_pretrained(folder), task.options)


def __getattr__(name: str) -> Faulty:
    """Make a candidate by the name of its mistake."""
    if name in KNOWN or name == RIGHT:
        return Faulty(KNOWN.get(name))
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
