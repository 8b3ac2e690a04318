"""The judge judged: does it see every known mistake, name it, and leave what is right in peace?

Each mistake is made in scratch_bert, at one stage of each kind, and judged as anybody's BERT is.
"""

import random
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from fnmatch import fnmatch
from multiprocessing import get_context
from pathlib import Path

import torch

from parity.bench import Bench, prepare
from parity.edits import Fault, Mistake
from parity.faults import CATALOGUE
from parity.faulty import Faulty
from parity.probes import Mode
from parity.stages import OUTPUTS
from parity.variants import variants
from parity.verdict import Report

NAMED = 0.95  # of the mistakes
NAMED_OF_SEVERAL = 0.9  # of the draws, with all that was made
_RETURNED = ("last_hidden_state", "pooler_output")  # by a model without heads


@dataclass(frozen=True)
class Trial:
    """Something to be judged.

    Attributes:
        name: the fault's, the variant's, or the draw's of several faults.
        made: the faults that are made, and the stages where; none for a variant, which is right.
    """

    name: str
    made: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def stage(self) -> str:
        """Where the first mistake is made."""
        return self.made[0][1][0]

    def mistakes(self) -> list[Mistake]:
        """What is made."""
        faults = ((CATALOGUE[name], stages) for name, stages in self.made)
        return [
            Mistake(fault, stages, fault.values[0] if fault.values else 0.0)
            for fault, stages in faults
        ]


@dataclass
class Found:
    """What the judge found.

    Attributes:
        trial: what was judged.
        probes: that show something wrong.
        first: the stage of the first divergence.
        causes: the mistakes that were named, the first stage's first.
        unknown: stages that remained unexplained.
        outputs: whether any of the model's outputs is wrong.
    """

    trial: Trial
    probes: list[str] = field(default_factory=list)
    first: str = ""
    causes: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    outputs: bool = False

    @property
    def located(self) -> bool:
        """Whether the first divergence is where the mistake was made."""
        return self.first == self.trial.stage

    @property
    def named(self) -> bool:
        """Whether the mistake's name comes first; of several, whether all are named."""
        names = [name for name, _ in self.trial.made]
        return self.causes[:1] == names if len(names) == 1 else {*names} <= {*self.causes}


@dataclass
class Results:
    """What all trials came to; a fault counts where each of its trials does."""

    faults: dict[str, list[Found]] = field(default_factory=dict)
    equivalent: dict[str, list[Found]] = field(default_factory=dict)
    variants: dict[str, list[Found]] = field(default_factory=dict)
    draws: dict[str, list[Found]] = field(default_factory=dict)

    def add(self, found: Found) -> None:
        """Take a trial's."""
        made = found.trial.made
        if len(made) == 1:
            kind = self.equivalent if CATALOGUE[made[0][0]].equivalent else self.faults
        else:
            kind = self.draws if made else self.variants
        kind.setdefault(found.trial.name, []).append(found)

    @property
    def score(self) -> dict[str, int]:
        """The numbers that are published."""
        return {
            "faults": len(self.faults),
            "caught": sum(all(each.probes for each in found) for found in self.faults.values()),
            "locatable": len(self.faults),
            "located": sum(all(each.located for each in found) for found in self.faults.values()),
            "named": sum(all(each.named for each in found) for found in self.faults.values()),
            "variants": len(self.variants),
            "false_alarms": sum(bool(found[0].probes) for found in self.variants.values()),
        }

    @property
    def holds(self) -> bool:
        """Whether the judge did what it promises: no mistake missed, nothing right accused."""
        score = self.score
        misled = any(found.outputs for trials in self.equivalent.values() for found in trials)
        missed = score["caught"] < score["faults"] or score["located"] < score["locatable"]
        unnamed = score["named"] < NAMED * score["faults"]
        several = sum(found.named for (found,) in self.draws.values())
        lost = several < NAMED_OF_SEVERAL * len(self.draws)
        return not (misled or missed or unnamed or lost or score["false_alarms"])

    @property
    def of_one_probe(self) -> dict[str, str]:
        """The mistakes that a single probe sees, and which."""
        seen = {
            name: {probe for each in found for probe in each.probes}
            for name, found in self.faults.items()
        }
        return {name: next(iter(probes)) for name, probes in seen.items() if len(probes) == 1}


def self_test(patterns: Sequence[str], number: int, seed: int, workers: int) -> Iterator[Found]:
    """Judge every variant, every mistake, and several at once.

    Args:
        patterns: of the names of those to try; none means all.
        number: of the draws of several mistakes.
        seed: of the draws.
        workers: processes.

    Raises:
        ValueError: nothing has such a name.
    """
    with tempfile.TemporaryDirectory(prefix="parity.") as name:
        folder = Path(name)
        prepare(folder)
        bench = Bench(folder)
        chosen = [
            trial
            for trial in (
                *trials(bench.stages, bench.layers),
                *draws(bench.stages, bench.layers, number, seed),
            )
            if not patterns or any(fnmatch(trial.name, pattern) for pattern in patterns)
        ]
        if not chosen:
            raise ValueError(f"{', '.join(patterns)}: no mistake and no variant is called so")
        if workers == 1:
            yield from (tried(bench, trial) for trial in chosen)
            return
        spawn = get_context("spawn")
        with ProcessPoolExecutor(workers, spawn, _begin, (folder,)) as pool:
            yield from pool.map(_tried, chosen)


def trials(names: Sequence[str], layers: int) -> Iterator[Trial]:
    """Make the variants' trials, and one for each kind of stage where a mistake can be made.

    Args:
        names: the model's stages, outputs and weights.
        layers: how many it has.
    """
    yield from (Trial(name) for name, _ in variants(names, layers))
    for fault in CATALOGUE.values():
        for place in _last_places(fault, names, layers):
            yield Trial(fault.name, ((fault.name, place),))


def draws(names: Sequence[str], layers: int, number: int, seed: int) -> Iterator[Trial]:
    """Draw trials of two and three mistakes, all at different stages.

    Args:
        names: the model's stages, outputs and weights.
        layers: how many it has.
        number: of the draws.
        seed: of all of them.
    """
    choose = random.Random(seed)  # noqa: S311
    possible = [
        fault
        for fault in CATALOGUE.values()
        if fault.mode is Mode.EVALUATE and not fault.equivalent and fault.layers is None
    ]
    for i in range(number):
        made: list[tuple[str, tuple[str, ...]]] = []
        while len(made) < 2 + i % 2:
            fault = choose.choice(possible)
            places = [place for place in fault.places(names, layers) if place[0] not in _RETURNED]
            place = choose.choice(places) if places else ()
            if place and not {*place} & {stage for _, stages in made for stage in stages}:
                made.append((fault.name, place))
        yield Trial(f"draw {i}", tuple(made))


def _last_places(fault: Fault, names: Sequence[str], layers: int) -> list[tuple[str, ...]]:
    """A fault's places; the last layer's of what is a mistake in each, else all as one."""
    places = fault.places(names, layers)
    if fault.layers is not None:
        return [tuple(stage for place in places for stage in place)]
    earlier = tuple(f"encoder.layer.{i}." for i in range(layers - 1))
    return [place for place in places if not f"{place[0]}.".startswith(earlier)]


def tried(bench: Bench, trial: Trial) -> Found:
    """Judge, and explain."""
    if trial.made:
        heads = trial.stage not in _RETURNED
        rows, diagnosis = bench.judge(Faulty(trial.mistakes(), heads=heads), heads=heads)
    else:
        rows, diagnosis = bench.judge(dict(variants(bench.stages, bench.layers))[trial.name]())
    wrong = [row for row in rows if not row.passed and row.lane != "padding"]
    first = Report(rows).first_divergence
    return Found(
        trial,
        list(dict.fromkeys(row.probe for row in wrong)),
        first.name if first else "",
        [mistake.fault.name for cause in diagnosis.causes for mistake in cause.mistakes],
        [*diagnosis.unknown],
        any(row.name in OUTPUTS and row.lane == "propagated" for row in wrong),
    )


_benches: list[Bench] = []  # of this process


def _begin(folder: Path) -> None:
    torch.set_num_threads(1)  # hundreds of small runs; more threads wait for each other
    _benches.append(Bench(folder))


def _tried(trial: Trial) -> Found:
    return tried(_benches[0], trial)
