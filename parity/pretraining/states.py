"""A model's parameters after each step of a training, beside those of the reference."""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import count, islice
from pathlib import Path
from typing import Any

import torch
from torch import nn

from parity import reference
from parity.core.compare import Comparison, Status, bit_equal, compare
from parity.core.mistake import Mistake
from parity.core.outcome import Outcome, accounted
from parity.oracles.training import train
from parity.pretraining.initial_weights import IGNORED
from parity.pretraining.inputs import STILL, model
from parity.suite.mistake import Mistaken
from parity.suite.training_runs import Batch, RowsDataset, State, as_built, state, states

TRAINED = 2e-8
"""What a parameter may differ by after steps in double precision, as a share of its largest number.
Two correct loops in other orders of addition differ by 3e-11 at most after twenty: Adam divides a
gradient by its own size, and so its last digits, too; one that divides two counts in single
precision by 1.3e-9. The smallest of known mistakes shows at 2e-6."""

KEPT = 64  # trainings that are remembered: all mistakes, not all pairs of them

Settings = Mapping[str, Any]
Run = Callable[[Mistake], Iterable[State]]


class LazyStates(Iterable[State]):
    """States that are computed when they are first asked for, and never again.

    Args:
        states: yields them.
    """

    def __init__(self, states: Iterator[State]) -> None:
        self._coming, self._come = states, list[State]()

    def __iter__(self) -> Iterator[State]:
        for number in count():
            if number == len(self._come):
                self._come.extend(islice(self._coming, 1))
            if number == len(self._come):
                return
            yield self._come[number]


def reference_states(
    begin: State,
    steps: Sequence[Sequence[Batch]],
    settings: Settings,
    *,
    config: dict[str, Any] = STILL,
    dtype: str = "float64",
) -> Iterator[State]:
    """Train the reference's model; its parameters after each step, as they come."""
    trained = model(config, begin, dtype)
    return states(trained, train(trained, steps, settings))


def trainer_states(
    trained: nn.Module, examples: Batch, settings: Mapping[str, Any], loss: Any = None
) -> list[State]:
    """Return the reference's parameters after each step of its Trainer; `loss` is None for its own.

    The state of torch's generator stays.
    """
    found, dataset = list[State](), RowsDataset(examples)

    def keep() -> None:
        found.append(state(trained))

    with tempfile.TemporaryDirectory() as folder, torch.random.fork_rng(devices=[]):
        reference.run_trainer(trained, dataset, settings, Path(folder), keep, loss)
    return found


def with_mistake(mistake: Mistake, begin: State) -> tuple[Mistaken, nn.Module]:
    """Return scratch_bert's pretraining with a mistake, and its model in double precision."""
    from parity.ours.pretraining import ScratchTraining

    maker = Mistaken(ScratchTraining(), [mistake])
    return maker, as_built("", maker.build(STILL, begin), "float64")


def judge_states(
    outcome: Outcome,
    ours: Sequence[State],
    theirs: Sequence[State],
    begin: int = 1,
    where: str = "",
) -> None:
    """Compare all steps: a row for each, of the parameter that is the most wrong.

    Args:
        outcome: gets the rows, and besides how many tensors have the same bits in the end.
        ours: the candidate's.
        theirs: the reference's.
        begin: the first step's number.
        where: what is said before a step's number.
    """
    check = outcome.check
    if len(ours) != len(theirs):
        note = f"{len(ours)} steps were taken, expected {len(theirs)}"
        outcome.rows.append(Comparison("steps", Status.VALUE, note=note, probe=check))
    if ours:
        outcome.rows += accounted(check, ours[0], theirs[0], IGNORED)
    if not ours or not ours[0].keys() & theirs[0].keys():
        return
    for number, (mine, right) in enumerate(zip(ours, theirs, strict=False), begin):
        rows = [*_compared(mine, right, f"{where}step {number}")]
        worst = max(rows, key=lambda row: (not row.passed, row.needed))
        outcome.rows.append(worst)
        if not worst.passed and not outcome.known:
            names = [row.name for row in rows if not row.passed]
            shown = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
            first = f"{where}step {number} is the first to diverge, in {len(names)} of {len(rows)}"
            outcome.known.append(f"{first} parameters: {shown}")
    last = [name for name in theirs[-1] if name in ours[-1]]
    before, of = outcome.bits or (0, 0)
    equal = sum(bit_equal(ours[-1][name], theirs[-1][name]) for name in last)
    outcome.bits = before + equal, of + len(theirs[-1])


def explain(
    outcome: Outcome,
    ours: Sequence[State],
    known: Iterable[Mistake],
    run: Run,
    *,
    pairs: bool = True,
) -> None:
    """Name the mistakes that give the candidate's numbers at every step.

    Args:
        outcome: gets them.
        ours: the candidate's.
        known: mistakes to try.
        run: trains with a mistake.
        pairs: whether two at once are tried, too.
    """
    if any(row.status is Status.MISSING_OURS for row in outcome.different):
        return  # what is not there has no numbers
    outcome.explain(known, lambda mistake: same(ours, run(mistake)), pairs=pairs)


def same(ours: Sequence[State], theirs: Iterable[State]) -> bool:
    """Say whether all steps are equal; the first that is not ends it."""
    taken = 0
    for taken, right in enumerate(theirs, 1):
        if taken > len(ours) or not all(
            row.passed for row in _compared(ours[taken - 1], right, "")
        ):
            return False
    return taken == len(ours)


def _compared(ours: State, theirs: State, probe: str) -> Iterator[Comparison]:
    for name, right in theirs.items():
        if name in ours:
            largest = right.abs().max().item()
            yield compare(name, ours[name], right, TRAINED * largest, probe=probe)
