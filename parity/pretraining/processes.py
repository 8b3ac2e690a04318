"""Do two processes end with the parameters of one that accumulates their batches?"""

import socket
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import ExitStack
from functools import cache, partial
from typing import Any

from parity.core.compare import compare
from parity.core.mistake import Mistake
from parity.core.outcome import Outcome
from parity.core.tolerance import BIT_FOR_BIT
from parity.pretraining.candidate import TrainingCandidate
from parity.pretraining.inputs import SETTINGS, STILL, steps, weights
from parity.pretraining.states import explain, judge_states, reference_states
from parity.suite.candidate import SuiteCandidate, SuiteProcess
from parity.suite.training_runs import State

_WORLD, _STEPS = 2, 6
_SETTINGS = {**SETTINGS, "steps": _STEPS, "warmup": 2}


def check_processes(candidate: SuiteCandidate) -> Outcome:
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
    judge_states(outcome, first, _alone())
    for name, tensor in (second[-1] if second else {}).items():
        row = compare(name, tensor, first[-1][name], BIT_FOR_BIT, probe="process 1, process 0")
        if not row.passed:
            outcome.rows.append(row)
    if outcome.different:
        from parity.pretraining.mistakes.processes import PROCESSES

        explain(outcome, first, PROCESSES, _wrong, pairs=False)
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
        ranks = [stack.enter_context(SuiteProcess(name, TrainingCandidate)) for _ in range(_WORLD)]
        for process in ranks:
            process.has()  # it is started here, before there are threads
        pool = stack.enter_context(ThreadPoolExecutor(_WORLD))
        running = []
        for rank, process in enumerate(ranks):
            ranked = {**place, "RANK": str(rank), "LOCAL_RANK": str(rank)}
            more = {"steps": steps(_STEPS), "environment": ranked}
            train = partial(process.ask, TrainingCandidate.train, **given, **more)
            running.append(pool.submit(train))
        done, waiting = wait(running, return_when=FIRST_EXCEPTION)
        if waiting:  # for one that crashed
            for process in ranks:
                process.kill()
        for each in done:
            each.result()  # raises what it crashed with
        return [each.result() for each in running]


@cache
def _alone() -> list[State]:
    """One process that takes all batches of a step."""
    return [*reference_states(weights(), steps(_STEPS), _SETTINGS)]


@cache
def _wrong(mistake: Mistake) -> list[State]:
    from parity.pretraining.mistaken import with_mistake

    return _together(with_mistake(mistake).name)[0]["states"]


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
