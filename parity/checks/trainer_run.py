"""Do two epochs end as HuggingFace's Trainer ends them, with its order of examples?"""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from parity import reference
from parity.checks.pretraining_inputs import CONFIG, SETTINGS, batch, model, weights
from parity.checks.pretraining_inputs import STILL as WITHOUT_DROPOUT
from parity.checks.pretraining_outcome import Outcome
from parity.checks.training_states import judge_states, reference_states, same_states
from parity.compare import bit_equal
from parity.mistakes.orders import MISTAKES, epoch_steps
from parity.training_candidate import Asked, Rows, State

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
    outcome, examples = Outcome("run"), batch(seed=2, rows=_EXAMPLES)
    given: dict[str, Any] = {"weights": weights(), "examples": examples, "settings": _SETTINGS}
    ours = candidate.ask("run", config=WITHOUT_DROPOUT, dtype="float64", **given)
    judge_states(outcome, ours, _trainer(WITHOUT_DROPOUT, "float64"))
    if outcome.different:
        outcome.causes = [
            mistake.fault for mistake in MISTAKES if _explains(ours, examples, mistake.parts)
        ]
        return outcome
    last = candidate.ask("run", config=CONFIG, dtype="float32", **given)[-1]
    theirs = _trainer(CONFIG, "float32")[-1]
    outcome.bits = sum(bit_equal(last[name], theirs[name]) for name in theirs), len(theirs)
    return outcome


def _trainer(config: Mapping[str, Any], dtype: str) -> list[State]:
    """The reference's parameters after each step of its Trainer."""
    trained, states = model(dict(config), weights(), dtype), list[State]()

    def keep() -> None:
        states.append({name: each.clone() for name, each in trained.state_dict().items()})

    examples = Rows(batch(seed=2, rows=_EXAMPLES))
    with tempfile.TemporaryDirectory() as folder, torch.random.fork_rng(devices=[]):
        reference.run_trainer(trained, examples, _SETTINGS, Path(folder), keep)
    return states


def _explains(ours: list[State], examples: State, parts: Mapping[str, Any]) -> bool:
    of_the_data = {**_OF_THE_DATA, "seed": _SETTINGS["seed"]}
    steps = epoch_steps(examples, **of_the_data, **parts)
    settings = {**_SETTINGS, "steps": len(steps)}
    return same_states(ours, reference_states(weights(), steps, settings))
