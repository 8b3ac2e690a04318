"""Does a head drop what HuggingFace's drops in training: how much, and of which tasks?

What is dropped gives its column of the head's matrix no gradient, where a batch has a single label.
"""

from functools import cache

import torch
from torch import Tensor

from parity.core.mistake import Mistake
from parity.finetuning.candidate import FinetuningCandidate
from parity.finetuning.inputs import batch, config_of, weights
from parity.suite.candidate import Asked
from parity.suite.outcome import Outcome, accounted
from parity.suite.statistics import Measure, alike, share
from parity.suite.training_runs import Batch

_RATES = {
    "hidden_dropout_prob": 0.25,
    "attention_probs_dropout_prob": 0.0,
    "classifier_dropout": 0.5,
}
_DROPPED = {"classify": 0.5, "multi-label": 0.5, "regress": 0.5, "tag": 0.5}
_DROPPED |= {"choose": 0.5**2, "answer": 0.0}  # two choices, two tokens: both must be dropped
_DRAWS = 20


def check_head_dropout(candidate: Asked) -> Outcome:
    """Draw the loss of one example often, in training mode.

    Raises:
        CandidateError: `loss` or `build` does not return what it must.
        CandidateCrashedError: the candidate raised.
    """
    outcome = Outcome("dropout")
    gradients = {task: _drawn(candidate, task) for task in _DROPPED}
    for task, found in gradients.items():
        outcome.rows += accounted(task, [_matrix(task)] * bool(found), [_matrix(task)])
    lacking = bool(outcome.rows)
    measured = {task: _measure(task, found) for task, found in gradients.items()}
    outcome.rows += [measure.row(task) for task, measure in measured.items()]
    wrong = {task: measure for task, measure in measured.items() if not measure.passed}
    if wrong and not lacking:  # a mistake may be made in some heads, and not in others
        from parity.finetuning.mistakes.head_dropout import MISTAKES

        outcome.explain(
            MISTAKES, lambda known: alike(wrong, {task: _wrong(known, task) for task in wrong})
        )
    return outcome


def _matrix(task: str) -> str:
    return "qa_outputs.weight" if task == "answer" else "classifier.weight"


def _drawn(candidate: Asked, task: str) -> list[Tensor]:
    given = {"config": {**config_of(task), **_RATES}, "weights": weights(task)}
    own = {"batch": _example(task), "matrix": _matrix(task), "draws": _DRAWS}
    return candidate.ask(FinetuningCandidate.drops, task=task, **given, **own)


def _measure(task: str, gradients: list[Tensor]) -> Measure:
    columns = torch.stack(gradients).eq(0).all(1) if gradients else torch.zeros(0)
    hits, dropped = int(columns.sum()), _DROPPED[task]
    return share("what the head does without", hits, columns.numel(), dropped)


def _wrong(mistake: Mistake, task: str) -> Measure:
    from parity.finetuning.mistaken import with_mistake

    with torch.random.fork_rng(devices=[]):
        return _measure(task, _drawn(with_mistake(mistake), task))


@cache
def _example(task: str) -> Batch:
    made = batch(task, seed=0, rows=1)
    if task not in ("choose", "answer"):
        return made
    return {n: each[:, :2] if each.dim() > 1 else each.clamp(0, 1) for n, each in made.items()}
