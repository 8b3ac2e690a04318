"""Does a head drop what HuggingFace's drops in training: how much, and of which tasks?

What is dropped gives its column of the head's matrix no gradient, where a batch has a single label.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import torch

from parity.answering import Asked
from parity.checks.finetuning_inputs import batch, config_of, model, weights
from parity.checks.loss_rows import with_gradients
from parity.checks.measures import Measures, alike, share
from parity.checks.outcome import Outcome, accounted
from parity.mistakes.finetuning_runs import HEAD_DROPOUT
from parity.mistakes.instead import Instead
from parity.plain_finetuning import TASKS
from parity.plain_training import Recipe
from parity.trained import Batch, State

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

    def asked(task: str) -> list[State]:
        given = {"config": {**config_of(task), **_RATES}, "weights": weights(task)}
        found = candidate.ask("losses", task=task, batches=_batches(task), trains=True, **given)
        outcome.rows += accounted(task, found[0], [_matrix(task)], ignored=found[0])
        return found

    measured = _measures(asked)
    lacking = bool(outcome.rows)
    outcome.rows += [measure.row(name) for name, measure in measured.items()]
    if outcome.different and not lacking:
        outcome.explain(HEAD_DROPOUT, lambda mistake: alike(measured, _wrong(mistake)))
    return outcome


def _matrix(task: str) -> str:
    return "qa_outputs.weight" if task == "answer" else "classifier.weight"


def _measures(asked: Callable[[str], list[State]]) -> Measures:
    found = {}
    for task, dropped in _DROPPED.items():
        gradients = [each[_matrix(task)] for each in asked(task) if _matrix(task) in each]
        columns = torch.stack(gradients).eq(0).all(1) if gradients else torch.zeros(0)
        name = f"{task}: what the head does without"
        found[task] = share(name, int(columns.sum()), columns.numel(), dropped)
    return found


@cache
def _wrong(mistake: Instead) -> Measures:
    def drawn(task: str) -> list[State]:
        wrong = replace(TASKS[task], **mistake.parts)
        trained = model(task, {**config_of(task), **_RATES}, weights(task)).train()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(1)
            losses = (wrong.loss(trained, each, Recipe()) for each in _batches(task))
            return [with_gradients(trained, loss) for loss in losses]

    return _measures(drawn)


@cache
def _batches(task: str) -> list[Batch]:
    made: dict[str, Any] = batch(task, seed=0, rows=1)
    if task in ("choose", "answer"):
        made = {n: each[:, :2] if each.dim() > 1 else each.clamp(0, 1) for n, each in made.items()}
    return [made] * _DRAWS
