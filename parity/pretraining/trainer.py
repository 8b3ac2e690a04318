"""Do two epochs end as HuggingFace's Trainer ends them, with its order of examples?"""

import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import nn

from parity import reference
from parity.core.compare import bit_equal
from parity.core.mistake import Mistake
from parity.core.outcome import Outcome
from parity.pretraining.candidate import TrainingCandidate
from parity.pretraining.inputs import CONFIG, SETTINGS, batch, model, weights
from parity.pretraining.inputs import STILL as WITHOUT_DROPOUT
from parity.pretraining.states import LazyStates, explain, judge_states, wrong_states
from parity.suite.candidate import Asked
from parity.suite.mistake import Mistaken
from parity.suite.training_runs import RowsDataset, State

_EXAMPLES = 11  # an epoch's last batch is smaller
_OF_THE_DATA = {"epochs": 2, "batch_size": 4}
_SETTINGS = {name: value for name, value in SETTINGS.items() if name != "steps"} | _OF_THE_DATA


def check_run(candidate: Asked) -> Outcome:
    """Train for two epochs without dropout in double precision; then with it in single.

    The bits of the second are told, and not demanded.

    Raises:
        CandidateError: `build` does not return what it must.
        CandidateCrashedError: the candidate raised.
    """
    outcome = Outcome("run")
    given: dict[str, Any] = {"weights": weights(), "examples": _examples(), "settings": _SETTINGS}
    ours = candidate.ask(TrainingCandidate.run, config=WITHOUT_DROPOUT, dtype="float64", **given)
    judge_states(outcome, ours, _trainer(without_dropout=True))
    if outcome.different:
        from parity.pretraining.mistakes.orders import MISTAKES

        explain(outcome, ours, MISTAKES, _wrong)
        return outcome
    last = candidate.ask(TrainingCandidate.run, config=CONFIG, dtype="float32", **given)[-1]
    theirs = _trainer(without_dropout=False)[-1]
    outcome.bits = sum(bit_equal(last[name], theirs[name]) for name in theirs), len(theirs)
    return outcome


@cache
def _trainer(without_dropout: bool) -> list[State]:
    """The reference's parameters after each step of its Trainer."""
    config, dtype = (WITHOUT_DROPOUT, "float64") if without_dropout else (CONFIG, "float32")
    trained, states = model(config, weights(), dtype), list[State]()

    def keep() -> None:
        states.append({name: each.clone() for name, each in trained.state_dict().items()})

    with tempfile.TemporaryDirectory() as folder, torch.random.fork_rng(devices=[]):
        reference.run_trainer(trained, RowsDataset(_examples()), _SETTINGS, Path(folder), keep)
    return states


@cache
def _wrong(mistake: Mistake) -> LazyStates:
    def train(maker: Mistaken, trained: nn.Module) -> Iterator[Any]:
        return maker.run(trained, RowsDataset(_examples()), _SETTINGS)

    return wrong_states(mistake, weights(), train)


def _examples() -> State:
    return batch(seed=2, rows=_EXAMPLES)
