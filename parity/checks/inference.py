"""All checks of inference: of what a model is used for, one task after the other."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache, partial
from typing import Any

import torch

from parity.answering import Asked
from parity.checks.inference_answers import compared, equal_numbers, rounding, settled
from parity.checks.inference_cases import CASES
from parity.checks.inference_folders import folder_of
from parity.checks.inference_reference import expected, machine
from parity.checks.outcome import Outcome
from parity.compare import Comparison
from parity.inference_candidate import InferenceCandidate
from parity.mistakes.inference import MISTAKES
from parity.mistakes.instead import Instead
from parity.plain_inference.tasks import TASKS
from parity.suite import Check, Suite

_SINGLE, _DOUBLE = torch.float32, torch.float64


def check_task(check: str, candidate: Asked) -> Outcome:
    """Ask everything there is to ask of a task, and compare with the reference's answers.

    Raises:
        CandidateError: the candidate returns what is no answer.
        CandidateCrashedError: the candidate raised.
    """
    outcome, method = Outcome(check), TASKS[check].method
    equal, number = 0, 0
    answers = []
    for i, case in enumerate(CASES[check]):
        ours = candidate.ask(method, folder=str(folder_of(case.folder)), **case.given)
        theirs = expected(check, i, _SINGLE)
        outcome.rows += _rows(check, i, ours, theirs, rounding(theirs, expected(check, i, _DOUBLE)))
        same, of = equal_numbers(ours, theirs)
        equal, number = equal + same, number + of
        answers.append(ours)
    outcome.bits = equal, number
    if outcome.different:
        outcome.explain(MISTAKES[check], lambda mistake: _explains(check, mistake, answers))
        if not outcome.causes:
            outcome.known.append(_known(check, outcome.different))
    return outcome


def _rows(check: str, i: int, ours: Any, theirs: list[Any], allowed: float) -> list[Comparison]:
    if check == "answer" and isinstance(ours, list):
        ours, theirs = ([settled(each, allowed) for each in side] for side in (ours, theirs))
    return compared(CASES[check][i], ours, theirs, allowed)


def _explains(check: str, mistake: Instead, answers: list[Any]) -> bool:
    return all(
        row.passed
        for i, ours in enumerate(answers)
        for row in _rows(check, i, ours, *_wrong(check, i, mistake))
    )


def _known(check: str, different: list[Comparison]) -> str:
    """Say where to look on; a score that differs has a place of its largest difference."""
    if all(row.where for row in different):
        return "all but the scores is right; is the model right (parity check)?"
    return (
        f"no known mistake of {check} does this; are the model and the tokenizer right "
        "(parity check, parity tokenizer)?"
    )


def _wrong(check: str, i: int, mistake: Instead) -> tuple[list[Any], float]:
    """What a mistake makes the reference's model answer, and by how much that may differ."""
    return _made(check, i, tuple(mistake.parts.items()))


@cache
def _made(check: str, i: int, parts: tuple[tuple[str, Any], ...]) -> tuple[list[Any], float]:
    task, case = TASKS[check], CASES[check][i]
    recipe = replace(task.right, **dict(parts))
    single, double = (
        task.answers(machine(check, case.folder, dtype), recipe, case.given)
        for dtype in (_SINGLE, _DOUBLE)
    )
    return single, rounding(single, double)


def _checks() -> Mapping[str, Check]:
    return {name: Check((task.method,), partial(check_task, name)) for name, task in TASKS.items()}


INFERENCE = Suite(
    "inference",
    InferenceCandidate,
    _checks(),
    scratch_bert="parity.scratch_inference:ScratchInference",
)
