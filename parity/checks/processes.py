"""Do two processes end with the parameters of one that accumulates their batches?"""

import socket
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from parity.checks.pretraining_inputs import SETTINGS, STILL, steps, weights
from parity.checks.pretraining_outcome import Outcome
from parity.checks.training_states import explain, judge_states, reference_states
from parity.compare import compare
from parity.mistakes.steps import PROCESSES
from parity.plain_training import RIGHT, Recipe
from parity.tolerance import BIT_FOR_BIT
from parity.training_candidate import Asked, Batch, State
from parity.training_process import TrainingProcess

_WORLD, _STEPS = 2, 6
_SETTINGS = {**SETTINGS, "steps": _STEPS, "warmup": 2}


def check_processes(candidate: Asked) -> Outcome:
    """Train in two processes, each of which is given all batches, and in one.

    Raises:
        CandidateError: `build` does not return what it must.
        CandidateCrashedError: the candidate raised in one of them.
    """
    outcome = Outcome("processes")
    found = _together(candidate.name)
    if not all(each["joined"] for each in found):
        outcome.lacks = (
            f"train does not call torch.distributed.init_process_group() where WORLD_SIZE={_WORLD}"
        )
        return outcome
    first, second = (each["states"] for each in found)
    judge_states(outcome, first, [*_alone(RIGHT)])
    for name, tensor in (second[-1] if second else {}).items():
        row = compare(name, tensor, first[-1][name], BIT_FOR_BIT, probe="process 1, process 0")
        if not row.passed:
            outcome.rows.append(row)
    if outcome.different:
        explain(outcome, first, PROCESSES, _alone)
    return outcome


def _together(name: str) -> list[dict[str, Any]]:
    """Train in two processes at the same time."""
    given = {"config": STILL, "weights": weights(), "dtype": "float64", "settings": _SETTINGS}
    place = {
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(_free_port()),
        "WORLD_SIZE": str(_WORLD),
    }
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(_WORLD))
        running = []
        for rank in map(str, range(_WORLD)):
            process = stack.enter_context(TrainingProcess(name))
            process.has()  # it is started here, before there are threads
            ranked = {**place, "RANK": rank, "LOCAL_RANK": rank}
            more = {"steps": steps(_STEPS), "environment": ranked}
            running.append(pool.submit(process.ask, "train", **given, **more))
        done, _ = wait(running, return_when=FIRST_EXCEPTION)
        for each in done:
            each.result()  # the first that crashed; the other would wait for it
        return [each.result() for each in running]


def _alone(recipe: Recipe) -> Iterator[State]:
    """One process does what two would do together; if they do not meet, what the first does."""

    def mine(batches: Sequence[Batch], _rank: int, _world: int) -> list[Batch]:
        ranks = range(_WORLD if recipe.reduces else 1)
        return [each for rank in ranks for each in recipe.mine(batches, rank, _WORLD)]

    return reference_states(weights(), steps(_STEPS), _SETTINGS, replace(recipe, mine=mine))


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
