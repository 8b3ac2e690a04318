"""Do two epochs of a task end as HuggingFace's Trainer ends them?

With steps of several batches the Trainer is given a loss that counts all labels of a step alike,
which BERT's own heads do not (transformers#47688).
"""

import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from parity import reference
from parity.answering import Asked
from parity.checks.finetuning_inputs import batch, config_of, model, weights
from parity.checks.left_off import judge_dropped
from parity.checks.outcome import Outcome
from parity.checks.training_states import Remembered, judge_states, same
from parity.compare import Status
from parity.mistakes.finetuning_runs import ACCUMULATE, ACCUMULATED, DROPOUT, RUN, run
from parity.mistakes.instead import Instead
from parity.trained import Rows, State

LEARNT = ("tag", "classify", "answer")
_EXAMPLES = 14  # an epoch's last batch is smaller, and its last step has fewer batches
SETTINGS: dict[str, Any] = {
    "epochs": 2,
    "batch_size": 3,
    "learning_rate": 1e-3,
    "warmup": 2,
    "weight_decay": 0.01,
    "max_grad_norm": 6.0,  # some steps are clipped, others are not
    "seed": 7,
}


def check_finetuning(candidate: Asked) -> Outcome:
    """Take steps of one batch.

    Raises:
        CandidateError: `build` does not return what it must.
        CandidateCrashedError: the candidate raised.
    """
    return _judge("run", candidate, 1, RUN)


def check_accumulation(candidate: Asked) -> Outcome:
    """Take steps of three batches.

    Raises:
        CandidateError: `build` does not return what it must.
        CandidateCrashedError: the candidate raised.
    """
    return _judge("accumulate", candidate, ACCUMULATED, (*ACCUMULATE, *RUN))


def _judge(check: str, candidate: Asked, accumulation: int, known: tuple[Instead, ...]) -> Outcome:
    """Train without dropout in double precision; then with it in single.

    The bits of the second are told, and not demanded; that something is dropped is demanded.
    """
    outcome, settings = Outcome(check), {**SETTINGS, "accumulation": accumulation}

    def asked(task: str, *, dropout: bool) -> list[State]:
        given = {"config": config_of(task, dropout=dropout), "weights": weights(task)}
        dtype = "float32" if dropout else "float64"
        own = {"dtype": dtype, "examples": _examples(task), "settings": settings}
        return candidate.ask("run", task=task, **given, **own)

    ours = {task: asked(task, dropout=False) for task in LEARNT}
    for task, states in ours.items():
        judge_states(outcome, states, _trainer(task, accumulation), where=f"{task}, ")
    if outcome.different:
        if all(row.status is not Status.MISSING_OURS for row in outcome.different):
            outcome.explain(
                known,
                lambda mistake: all(
                    same(states, _wrong(task, accumulation, mistake))
                    for task, states in ours.items()
                ),
            )
        return outcome
    outcome.bits = None
    for task in LEARNT:
        last = asked(task, dropout=True)[-1]
        theirs = _trainer(task, accumulation, dropout=True)[-1]
        without = _trainer(task, accumulation, dtype="float32")[-1]
        judge_dropped(outcome, last, theirs, without, DROPOUT.fault, f"{task}, with dropout")
    return outcome


@cache
def _trainer(
    task: str, accumulation: int, *, dropout: bool = False, dtype: str = "float64"
) -> list[State]:
    """The reference's parameters after each step of its Trainer."""
    dtype = "float32" if dropout else dtype
    trained, states = model(task, config_of(task, dropout=dropout), weights(task), dtype), []

    def keep() -> None:
        states.append({name: each.clone() for name, each in trained.state_dict().items()})

    examples, loss = _examples(task), None
    if accumulation > 1:
        loss = _of_windows if task == "answer" else _of_labels
        ends = [examples.pop(n) for n in ("start_positions", "end_positions") if n in examples]
        examples |= {"labels": torch.stack(ends, 1)} if ends else {}
    settings = {**SETTINGS, "accumulation": accumulation}
    with tempfile.TemporaryDirectory() as folder, torch.random.fork_rng(devices=[]):
        reference.run_trainer(trained, Rows(examples), settings, Path(folder), keep, loss)
    return states


def _of_labels(output: Any, labels: Tensor, num_items_in_batch: Any) -> Tensor:
    return (
        F.cross_entropy(output.logits.flatten(0, -2), labels.flatten(), reduction="sum")
        / num_items_in_batch
    )


def _of_windows(output: Any, labels: Tensor, num_items_in_batch: Any) -> Tensor:
    """Each window has two labels."""
    first, last = (
        F.cross_entropy(scores, ends, reduction="sum") / (num_items_in_batch // 2)
        for scores, ends in zip((output.start_logits, output.end_logits), labels.T, strict=True)
    )
    return (first + last) / 2


@cache
def _wrong(task: str, accumulation: int, mistake: Instead) -> Remembered:
    return Remembered(_trained(task, accumulation, mistake))


def _trained(task: str, accumulation: int, mistake: Instead) -> Iterator[State]:
    """Train the reference's model in plain code, with a mistake."""
    trained = model(task, config_of(task), weights(task))
    settings = {**SETTINGS, "accumulation": accumulation}
    with torch.random.fork_rng(devices=[]):
        for _ in run(trained, task, _examples(task), settings, mistake.parts):
            yield {name: each.clone() for name, each in trained.state_dict().items()}


def _examples(task: str) -> State:
    return batch(task, seed=2, rows=_EXAMPLES, outside=False)
