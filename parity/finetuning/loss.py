"""Are the loss of a task, and the gradients it gives, HuggingFace's?"""

from functools import cache
from typing import Any

from parity.core.outcome import Outcome, accounted
from parity.finetuning.candidate import FinetuningCandidate
from parity.finetuning.inputs import VARIANTS, batch, config_of, model, weights
from parity.suite.candidate import SuiteCandidate
from parity.suite.loss_rows import loss_rows, with_gradients, without_a_name
from parity.suite.training_runs import State

_ROWS = (4, 3, 1)  # of each batch; a last batch may have one


def check_task_loss(task: str, candidate: SuiteCandidate) -> Outcome:
    """Compare loss and gradients on some batches, in double precision.

    Raises:
        CandidateError: `loss` or `build` does not return what it must.
        CandidateCrashedError: the candidate raised.
    """
    outcome, lacking = Outcome(task), []
    ours = [_asked(candidate, task, variant) for variant in range(len(VARIANTS[task]))]
    for variant, found in enumerate(ours):
        right = _right(task, variant)
        lacking += accounted(task, found[0], right[0])
        outcome.rows += loss_rows(found, right, _labels(task, variant))
    outcome.bits = sum(row.bit_equal for row in outcome.rows), len(outcome.rows)
    compared = outcome.rows
    outcome.rows = lacking + compared
    if outcome.different and not lacking:
        from parity.finetuning.mistaken import explain

        def fits(wrong: SuiteCandidate) -> bool:
            return all(
                row.passed
                for variant, found in enumerate(ours)
                for row in loss_rows(found, _asked(wrong, task, variant))
            )

        explain(outcome, fits)
        if not outcome.causes:
            outcome.known.append(without_a_name(compared))
    return outcome


def _asked(candidate: SuiteCandidate, task: str, variant: int) -> list[State]:
    given = {"config": config_of(task, variant), "weights": weights(task, variant)}
    return candidate.ask(
        FinetuningCandidate.losses, task=task, batches=_batches(task, variant), **given
    )


@cache
def _batches(task: str, variant: int) -> list[dict[str, Any]]:
    return [batch(task, seed, rows, variant) for seed, rows in enumerate(_ROWS)]


@cache
def _right(task: str, variant: int) -> list[State]:
    reference = model(task, config_of(task, variant), weights(task, variant))
    return [with_gradients(reference, reference(**each).loss) for each in _batches(task, variant)]


def _labels(task: str, variant: int) -> str:
    number = VARIANTS[task][variant].get("num_labels")
    return f"num_labels {number}, " if len(VARIANTS[task]) > 1 else ""
