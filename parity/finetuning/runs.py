"""Do two epochs of a task end as HuggingFace's Trainer ends them?

With steps of several batches the Trainer is given a loss that counts all labels of a step alike,
which BERT's own heads do not (transformers#47688).
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from parity.core.compare import Status
from parity.core.mistake import Mistake
from parity.core.outcome import Outcome
from parity.finetuning.candidate import FinetuningCandidate
from parity.finetuning.inputs import batch, config_of, model, weights
from parity.pretraining.dropout import judge_dropped, judge_seeds
from parity.pretraining.states import LazyStates, judge_states, same, trainer_states
from parity.suite.candidate import SuiteCandidate
from parity.suite.mistake import Mistaken
from parity.suite.training_runs import ACCUMULATED, RowsDataset, State, as_built, states

LEARNED = ("tag", "classify", "answer")
_EXAMPLES = 14  # an epoch's last batch is smaller, and its last step has fewer batches
_FEW = {"epochs": 2, "batch_size": 2, "warmup": 1}  # of one step each, which show the seed's draws
SETTINGS: dict[str, Any] = {
    "epochs": 2,
    "batch_size": 3,
    "learning_rate": 1e-3,
    "warmup": 2,
    "weight_decay": 0.01,
    "max_grad_norm": 6.0,  # some steps are clipped, others are not
    "seed": 7,
}


def check_finetuning(candidate: SuiteCandidate) -> Outcome:
    """Take steps of one batch without dropout, in double precision; then with it, in single.

    The second run need not be equal bit by bit; whether it is, is reported. It must drop something,
    and the seed must decide what.

    Raises:
        CandidateError: `build` does not return what it must.
        CandidateCrashedError: the candidate raised.
    """
    outcome = _judge("run", candidate, 1)
    if outcome.different:
        return outcome
    for task in LEARNED:
        states = _asked(candidate, task, 1, dropout=True)
        last = states[-1] if states else {}
        theirs = _trainer(task, 1, dropout=True, dtype="float32")[-1]
        probe = f"{task}, with dropout"
        without = _trainer(task, 1, dtype="float32")[-1]
        judge_dropped(outcome, last, theirs, without, _dropout, probe)
    if not outcome.different:
        task, *_ = LEARNED
        examples = batch(task, seed=2, rows=2, outside=False)

        def few(seed: int) -> list[State]:
            settings = {**_FEW, "seed": seed}
            return _asked(candidate, task, 1, dropout=True, examples=examples, settings=settings)

        judge_seeds(outcome, few, SETTINGS["seed"], f"{task}, with dropout")
    return outcome


def check_accumulation(candidate: SuiteCandidate) -> Outcome:
    """Take steps of three batches without dropout, in double precision.

    Raises:
        CandidateError: `build` does not return what it must.
        CandidateCrashedError: the candidate raised.
    """
    return _judge("accumulate", candidate, ACCUMULATED)


def _judge(check: str, candidate: SuiteCandidate, accumulation: int) -> Outcome:
    outcome = Outcome(check)
    ours = {task: _asked(candidate, task, accumulation) for task in LEARNED}
    for task, found in ours.items():
        judge_states(outcome, found, _trainer(task, accumulation), where=f"{task}, ")
    wrong = outcome.different
    if wrong and all(row.status is not Status.MISSING_OURS for row in wrong):
        from parity.finetuning.mistakes.runs import ACCUMULATE, RUN

        outcome.explain(
            RUN if check == "run" else [*ACCUMULATE, *RUN],
            lambda mistake: all(
                same(found, _wrong(task, accumulation, mistake)) for task, found in ours.items()
            ),
        )
    return outcome


def _asked(
    candidate: SuiteCandidate,
    task: str,
    accumulation: int,
    *,
    dropout: bool = False,
    examples: State | None = None,
    settings: Mapping[str, Any] = {},
) -> list[State]:
    return candidate.ask(
        FinetuningCandidate.run,
        task=task,
        config=config_of(task, dropout=dropout),
        weights=weights(task),
        dtype="float32" if dropout else "float64",
        examples=examples or _examples(task),
        settings={**SETTINGS, "accumulation": accumulation, **settings},
    )


def _dropout() -> Mistake:
    from parity.finetuning.mistakes.runs import DROPOUT

    return DROPOUT


@cache
def _trainer(
    task: str, accumulation: int, *, dropout: bool = False, dtype: str = "float64"
) -> list[State]:
    """The reference's parameters after each step of its Trainer."""
    trained = model(task, config_of(task, dropout=dropout), weights(task), dtype)
    examples, loss = _examples(task), None
    if accumulation > 1:
        loss = _of_windows if task == "answer" else _of_labels
        ends = [examples.pop(n) for n in ("start_positions", "end_positions") if n in examples]
        examples |= {"labels": torch.stack(ends, 1)} if ends else {}
    return trainer_states(trained, examples, {**SETTINGS, "accumulation": accumulation}, loss)


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
def _wrong(task: str, accumulation: int, mistake: Mistake) -> LazyStates:
    """scratch_bert's fine-tuning with a mistake."""
    from parity.ours.finetuning import ScratchFinetuning

    maker = Mistaken(ScratchFinetuning(), [mistake])
    trained = as_built("", maker.build(task, config_of(task), weights(task)), "float64")
    dataset, settings = RowsDataset(_examples(task)), {**SETTINGS, "accumulation": accumulation}
    return LazyStates(states(trained, maker.run(task, trained, dataset, settings)))


def _examples(task: str) -> State:
    return batch(task, seed=2, rows=_EXAMPLES, outside=False)
