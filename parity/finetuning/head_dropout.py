"""Does a head drop what HuggingFace's drops in training: how much, and of which tasks?

What is dropped gives its column of the head's matrix no gradient, where a batch has a single label.
"""

from functools import cache

import torch
from torch import Tensor

from parity.core.outcome import Outcome, accounted
from parity.finetuning.candidate import FinetuningCandidate
from parity.finetuning.inputs import batch, config_of, weights
from parity.suite.candidate import SuiteCandidate
from parity.suite.statistics import Measure, alike, share
from parity.suite.training_runs import Batch

_RATES = {"hidden_dropout_prob": 0.25, "attention_probs_dropout_prob": 0.0}
_RATES |= {"classifier_dropout": 0.5}
_DROPPED = {"classify": 0.5, "multi-label": 0.5, "regress": 0.5, "tag": 0.5}
_DROPPED |= {"choose": 0.5**2, "answer": 0.0}  # two choices, two tokens: both must be dropped
_DRAWS = 20


def check_head_dropout(candidate: SuiteCandidate) -> Outcome:
    """Draw the loss of one example often, in training mode.

    Raises:
        CandidateError: `loss` or `build` does not return what it must.
        CandidateCrashedError: the candidate raised.
    """
    outcome = Outcome("dropout")
    columns = {task: _columns_without_gradient(candidate, task) for task in _DROPPED}
    for task, found in columns.items():
        present = [_matrix(task)] if len(found) else []
        outcome.rows += accounted(task, present, [_matrix(task)])
    lacking = bool(outcome.rows)
    measured = {task: _measure(task, found) for task, found in columns.items()}
    outcome.rows += [measure.row(task) for task, measure in measured.items()]
    if outcome.different and not lacking:
        from parity.finetuning.mistaken import explain

        def fits(wrong: SuiteCandidate) -> bool:
            """A mistake may be made in some heads, and not in others."""
            return all(
                alike({task: mine}, {task: _measure(task, _columns_without_gradient(wrong, task))})
                for task, mine in measured.items()
                if not mine.passed
            )

        with torch.random.fork_rng(devices=[]):
            explain(outcome, fits)
    return outcome


def _matrix(task: str) -> str:
    return "qa_outputs.weight" if task == "answer" else "classifier.weight"


def _columns_without_gradient(candidate: SuiteCandidate, task: str) -> Tensor:
    given = {"config": {**config_of(task), **_RATES}, "weights": weights(task)}
    own = {"batch": _example(task), "matrix": _matrix(task), "draws": _DRAWS}
    gradients = candidate.ask(FinetuningCandidate.drops, task=task, **given, **own)
    return torch.stack(gradients).eq(0).all(1) if gradients else torch.zeros(0)


def _measure(task: str, columns: Tensor) -> Measure:
    hits, dropped = int(columns.sum()), _DROPPED[task]
    return share("what the head does without", hits, columns.numel(), dropped)


@cache
def _example(task: str) -> Batch:
    made = batch(task, seed=0, rows=1)
    if task not in ("choose", "answer"):
        return made
    return {n: each[:, :2] if each.dim() > 1 else each.clamp(0, 1) for n, each in made.items()}
