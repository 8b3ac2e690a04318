"""Are the loss of a task, and the gradients it gives, HuggingFace's?"""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache, lru_cache
from typing import Any

from parity.core.mistake import Mistake
from parity.core.outcome import Outcome, accounted
from parity.finetuning.candidate import FinetuningCandidate
from parity.finetuning.inputs import batch, config_of, model, weights
from parity.finetuning.mistakes import label_losses, text_losses, token_losses
from parity.finetuning.right import TASKS
from parity.pretraining.states import KEPT, LazyStates
from parity.suite.candidate import Asked
from parity.suite.loss_rows import loss_rows, with_gradients, without_a_name
from parity.suite.training_runs import State

_MISTAKES = {**text_losses.MISTAKES, **label_losses.MISTAKES, **token_losses.MISTAKES}
_ROWS = (4, 3, 1)  # of each batch; a last batch may have one


def check_task_loss(task: str, candidate: Asked) -> Outcome:
    """Compare loss and gradients on some batches, in double precision.

    Raises:
        CandidateError: `loss` or `build` does not return what it must.
        CandidateCrashedError: the candidate raised.
    """
    outcome, lacking = Outcome(task), []
    ours: list[list[State]] = []
    for variant in range(len(TASKS[task].configs)):
        given = {"config": config_of(task, variant), "weights": weights(task, variant)}
        batches = _batches(task, variant)
        ours.append(candidate.ask(FinetuningCandidate.losses, task=task, batches=batches, **given))
        right = _right(task, variant)
        lacking += accounted(task, ours[-1][0], right[0])
        outcome.rows += loss_rows(ours[-1], right, _labels(task, variant))
    outcome.bits = sum(row.bit_equal for row in outcome.rows), len(outcome.rows)
    compared = outcome.rows
    outcome.rows = lacking + compared
    if outcome.different and not lacking:
        outcome.explain(_MISTAKES[task], lambda mistake: _explains(task, ours, mistake))
        if not outcome.causes:
            outcome.known.append(without_a_name(compared))
    return outcome


@cache
def _batches(task: str, variant: int) -> list[dict[str, Any]]:
    return [batch(task, seed, rows, variant) for seed, rows in enumerate(_ROWS)]


@cache
def _right(task: str, variant: int) -> list[State]:
    reference = model(task, config_of(task, variant), weights(task, variant))
    return [with_gradients(reference, reference(**each).loss) for each in _batches(task, variant)]


def _labels(task: str, variant: int) -> str:
    number = TASKS[task].configs[variant].get("num_labels")
    return f"num_labels {number}, " if len(TASKS[task].configs) > 1 else ""


def _explains(task: str, ours: list[list[State]], mistake: Mistake) -> bool:
    return all(
        row.passed
        for variant, found in enumerate(ours)
        for mine, wrong in zip(found, _wrong(task, variant, mistake), strict=True)
        for row in loss_rows([mine], [wrong])
    )


@lru_cache(KEPT)
def _wrong(task: str, variant: int, mistake: Mistake) -> LazyStates:
    return LazyStates(_with_mistake(task, variant, mistake))


def _with_mistake(task: str, variant: int, mistake: Mistake) -> Iterator[State]:
    reference = model(task, config_of(task, variant), weights(task, variant))
    wrong = replace(TASKS[task], **mistake.parts)
    for each in _batches(task, variant):
        yield with_gradients(reference, wrong.loss(reference, each))
