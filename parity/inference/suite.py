"""All checks of inference: of what a model is used for, one task after the other."""

import math
import warnings
from functools import cache, partial
from typing import Any

import torch

from parity.core.compare import Comparison, Status
from parity.core.mistake import Mistake
from parity.core.outcome import Outcome
from parity.inference.answers import compared, equal_numbers, named, rounding, settled, unlike
from parity.inference.candidate import InferenceCandidate
from parity.inference.cases import CASES, Case
from parity.inference.checkpoints import TASKS, folder_of
from parity.inference.reference import expected
from parity.suite.candidate import SuiteCandidate
from parity.suite.mistake import Mistaken, of_check
from parity.suite.suite import Check, Suite

_SINGLE, _DOUBLE = torch.float32, torch.float64
Place = tuple[int, int]  # the number of a case, and of a text in it


def check_task(check: str, candidate: SuiteCandidate) -> Outcome:
    """Ask everything there is to ask of a task, and compare with the reference's answers.

    Raises:
        CandidateError: the candidate returns what is no answer.
        CandidateCrashedError: the candidate raised.
    """
    outcome, equal, number = Outcome(check), 0, 0
    answers: list[Any] = []
    for i, case in enumerate(CASES[check]):
        ours = answers_of(check, case, candidate)
        theirs = expected(check, i, _SINGLE)
        allowed = _allowed(check, i)
        if note := unlike(ours, theirs):
            outcome.rows.append(Comparison("all texts", Status.SHAPE, note=note, probe=case.name))
            ours = [None] * len(theirs)
        else:
            texts = range(len(theirs))
            outcome.rows += [_row(check, (i, n), ours[n], theirs[n], allowed) for n in texts]
        same, of = equal_numbers(ours, theirs)
        equal, number = equal + same, number + of
        answers.append(ours)
    outcome.bits = equal, number
    if outcome.different:
        _explain(outcome, answers)
    return outcome


def answers_of(check: str, case: Case, candidate: SuiteCandidate) -> Any:
    """Return a candidate's answers in a case."""
    method, folder = TASKS[check].method, str(folder_of(case.folder))
    return candidate.ask(InferenceCandidate.call, method=method, folder=folder, **case.given)


def _row(check: str, place: Place, ours: Any, theirs: Any, allowed: float) -> Comparison:
    case, number = CASES[check][place[0]], place[1]
    if check == "answer":
        ours, theirs = settled(ours, allowed), settled(theirs, allowed)
    return compared(case.texts[number], ours, theirs, allowed, case.name)


def _explain(outcome: Outcome, answers: list[Any]) -> None:
    """Name the causes, or say where to look on."""
    check, different = outcome.check, outcome.different
    wrong = {(row.probe, row.name) for row in different}
    places = [(i, n) for i, case in enumerate(CASES[check]) for n in range(len(case.texts))]

    def is_right(place: Place) -> bool:
        case = CASES[check][place[0]]
        return (case.name, named(case.texts[place[1]])) not in wrong

    def explained(mistake: Mistake, place: Place) -> bool:
        i, n = place
        made = _made(check, i, mistake, _SINGLE)
        if len(made) <= n or not _row(check, place, answers[i][n], made[n], math.inf).passed:
            return False
        return _row(check, place, answers[i][n], made[n], _allowed(check, i, mistake)).passed

    def fits(mistake: Mistake) -> bool:
        return all(explained(mistake, place) for place in sorted(places, key=is_right))

    from parity.inference.mistaken import KNOWN

    outcome.explain(of_check(check, KNOWN), fits)
    if not outcome.causes:
        outcome.known.append(_known(check, different))


def _known(check: str, different: list[Comparison]) -> str:
    """Say where to look on; a score that differs has a place of its largest difference."""
    if all(row.where for row in different):
        return "everything but the scores is right; is the model right, too (parity check)?"
    return (
        f"no known mistake of {check} does this; are the model and the tokenizer right "
        "(parity check, parity tokenizer)?"
    )


@cache
def _allowed(check: str, i: int, mistake: Mistake | None = None) -> float:
    """Return what scores may differ by, of a mistake's, or of the reference's."""
    if mistake is None:
        return rounding(*(expected(check, i, dtype) for dtype in (_SINGLE, _DOUBLE)))
    return rounding(*(_made(check, i, mistake, dtype) for dtype in (_SINGLE, _DOUBLE)))


@cache
def _made(check: str, i: int, mistake: Mistake, dtype: torch.dtype) -> list[Any]:
    """Return scratch_bert's answers, with a mistake."""
    from parity.ours.inference import ScratchInference

    maker = Mistaken(ScratchInference(dtype=dtype), [mistake])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of numpy: two mistakes may give numbers without sense
        return answers_of(check, CASES[check][i], InferenceCandidate(maker, mistake.id))


INFERENCE = Suite(
    "inference",
    InferenceCandidate,
    {name: Check((task.method,), partial(check_task, name)) for name, task in TASKS.items()},
    scratch_bert="parity.ours.inference:ScratchInference",
)
