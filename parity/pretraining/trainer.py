"""Do two epochs end as HuggingFace's Trainer ends them, with its order of examples?"""

from functools import cache
from typing import Any

from parity.core.compare import bit_equal
from parity.core.mistake import Mistake
from parity.core.outcome import Outcome
from parity.pretraining.candidate import TrainingCandidate
from parity.pretraining.dropout import judge_seeds
from parity.pretraining.inputs import CONFIG, SETTINGS, batch, model, weights
from parity.pretraining.inputs import STILL as WITHOUT_DROPOUT
from parity.pretraining.states import (
    LazyStates,
    explain,
    judge_states,
    trainer_states,
    with_mistake,
)
from parity.suite.candidate import SuiteCandidate
from parity.suite.training_runs import RowsDataset, State, states

_EXAMPLES = 13  # an epoch's last batch is smaller, and 4 + 1 is no batch size of as many steps
_OF_THE_DATA = {"epochs": 2, "batch_size": 4}
_FEW = {"epochs": 2, "batch_size": 2, "warmup": 1}  # of one step each, which show the seed's draws
_SETTINGS = {name: value for name, value in SETTINGS.items() if name != "steps"} | _OF_THE_DATA


def check_run(candidate: SuiteCandidate) -> Outcome:
    """Train for two epochs without dropout in double precision; then with it in single.

    The second run need not be equal bit by bit; whether it is, is reported. Its seed decides it.

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

    def few(seed: int) -> list[State]:
        own = {"examples": batch(seed=2, rows=2), "settings": {**_SETTINGS, **_FEW, "seed": seed}}
        return candidate.ask(
            TrainingCandidate.run, **{**given, **own}, config=CONFIG, dtype="float32"
        )

    judge_seeds(outcome, few, _SETTINGS["seed"], "with dropout")
    return outcome


@cache
def _trainer(without_dropout: bool) -> list[State]:
    """The reference's parameters after each step of its Trainer."""
    config, dtype = (WITHOUT_DROPOUT, "float64") if without_dropout else (CONFIG, "float32")
    return trainer_states(model(config, weights(), dtype), _examples(), _SETTINGS)


@cache
def _wrong(mistake: Mistake) -> LazyStates:
    maker, trained = with_mistake(mistake, weights())
    return LazyStates(states(trained, maker.run(trained, RowsDataset(_examples()), _SETTINGS)))


def _examples() -> State:
    return batch(seed=2, rows=_EXAMPLES)
