"""Does a head drop what HuggingFace's drops in training: how much, and of which tasks?

What is dropped gives its column of the head's matrix no gradient, where a batch has a single label.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache

import torch
from torch import Tensor

from parity.core.mistake import Mistake
from parity.core.outcome import Outcome, accounted
from parity.finetuning.candidate import FinetuningCandidate
from parity.finetuning.inputs import batch, config_of, model, weights
from parity.finetuning.mistakes.head_dropout import HEAD_DROPOUT
from parity.finetuning.right import TASKS
from parity.suite.candidate import Asked
from parity.suite.statistics import Measures, alike, share
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

    def drawn(task: str) -> list[Tensor]:
        given = {"config": {**config_of(task), **_RATES}, "weights": weights(task)}
        own = {"batch": _example(task), "matrix": _matrix(task), "draws": _DRAWS}
        found = candidate.ask(FinetuningCandidate.drops, task=task, **given, **own)
        outcome.rows += accounted(task, [_matrix(task)] * bool(found), [_matrix(task)])
        return found

    measured = _measures(drawn)
    lacking = bool(outcome.rows)
    outcome.rows += [measure.row(task) for task, measure in measured.items()]
    wrong = {task: measure for task, measure in measured.items() if not measure.passed}
    if wrong and not lacking:
        outcome.explain(HEAD_DROPOUT, lambda mistake: alike(wrong, _made(mistake, wrong)))
    return outcome


def _matrix(task: str) -> str:
    return "qa_outputs.weight" if task == "answer" else "classifier.weight"


def _measures(drawn: Callable[[str], list[Tensor]]) -> Measures:
    found = {}
    for task, dropped in _DROPPED.items():
        gradients = drawn(task)
        columns = torch.stack(gradients).eq(0).all(1) if gradients else torch.zeros(0)
        found[task] = share(
            "what the head does without", int(columns.sum()), columns.numel(), dropped
        )
    return found


def _made(mistake: Mistake, tasks: Iterable[str]) -> Measures:
    """A mistake may be made in some heads, and not in others."""
    return {task: _wrong(mistake)[task] for task in tasks}


@cache
def _wrong(mistake: Mistake) -> Measures:
    def drawn(task: str) -> list[Tensor]:
        wrong = replace(TASKS[task], **mistake.parts)
        trained = model(task, {**config_of(task), **_RATES}, weights(task)).train()
        matrix = trained.get_parameter(_matrix(task))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(1)
            losses = (wrong.loss(trained, _example(task)) for _ in range(_DRAWS))
            return [torch.autograd.grad(loss, matrix)[0] for loss in losses]

    return _measures(drawn)


@cache
def _example(task: str) -> Batch:
    made = batch(task, seed=0, rows=1)
    if task not in ("choose", "answer"):
        return made
    return {n: each[:, :2] if each.dim() > 1 else each.clamp(0, 1) for n, each in made.items()}
