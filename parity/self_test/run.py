"""The judge judged: does it see every known mistake, name it, and leave what is right in peace?

Each mistake is made in scratch_bert, at one stage of each kind, and judged as anybody's BERT is; so
are tokenizers, pretrainings and their like that make one.
"""

import os
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from fnmatch import fnmatch
from functools import cache
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path

import torch

from parity.core.cause import injections
from parity.core.stages import OUTPUTS
from parity.core.verdict import Report
from parity.model.mistakes.catalogue import CATALOGUE
from parity.self_test.mutants import MutantModel, judge_tokenizer
from parity.self_test.trials import (
    RETURNED,
    Trial,
    correct_ones,
    draws,
    every_mistake,
    judge_known,
    suite_mistakes,
    trials,
)
from parity.self_test.variants import variants
from parity.self_test.workbench import Workbench, prepare
from parity.tokenizer.mistakes.catalogue import CATALOGUE as TOKENIZER

NAMED = 0.95  # of the mistakes
NAMED_OF_SEVERAL = 0.9  # of the draws, with all that was made


@dataclass
class TrialResult:
    """What the judge found.

    Attributes:
        trial: what was judged.
        probes: that show something wrong.
        first: the stage of the first divergence.
        causes: the mistakes that were named, the first stage's first.
        notes: the harmless causes that were named.
        unknown: stages that remained unexplained.
        outputs: whether any of the model's outputs is wrong.
    """

    trial: Trial
    probes: list[str] = field(default_factory=list)
    first: str = ""
    causes: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
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
        if self.trial.is_harmless:
            return (self.notes, self.causes, self.probes) == (names, [], [])
        return self.causes[:1] == names if len(names) == 1 else {*names} <= {*self.causes}


@dataclass
class Results:
    """What all trials came to; a mistake counts where each of its trials does."""

    faults: dict[str, list[TrialResult]] = field(default_factory=dict)
    harmless: dict[str, list[TrialResult]] = field(default_factory=dict)
    equivalent: dict[str, list[TrialResult]] = field(default_factory=dict)
    variants: dict[str, list[TrialResult]] = field(default_factory=dict)
    draws: dict[str, list[TrialResult]] = field(default_factory=dict)

    def add(self, found: TrialResult) -> None:
        """Take a trial's."""
        made = found.trial.made
        if len(made) == 1:
            known = every_mistake()[found.trial.name]
            kind = self.equivalent if known.equivalent else self.faults
            kind = self.harmless if known.harmless else kind
        else:
            kind = self.draws if made else self.variants
        kind.setdefault(found.trial.name, []).append(found)

    @property
    def score(self) -> dict[str, int]:
        """The numbers that are published."""
        return {
            "faults": len(self.faults),
            "caught": sum(all(each.probes for each in found) for found in self.faults.values()),
            "locatable": sum(name in CATALOGUE for name in self.faults),
            "located": sum(
                all(each.located for each in found)
                for name, found in self.faults.items()
                if name in CATALOGUE
            ),
            "named": sum(all(each.named for each in found) for found in self.faults.values()),
            "harmless": len(self.harmless),
            "noted": sum(all(each.named for each in found) for found in self.harmless.values()),
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
        accused = score["false_alarms"] or score["noted"] < score["harmless"]
        return not (misled or missed or unnamed or lost or accused)

    @property
    def of_one_probe(self) -> dict[str, str]:
        """The mistakes that a single probe sees, and which; a suite has a check for each."""
        seen = {
            name: {probe for each in found for probe in each.probes}
            for name, found in self.faults.items()
            if name not in suite_mistakes()
        }
        return {name: next(iter(probes)) for name, probes in seen.items() if len(probes) == 1}


def self_test(
    patterns: Sequence[str], number: int, seed: int, workers: int
) -> Iterator[TrialResult]:
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
        workbench = Workbench(folder)
        chosen = [
            trial
            for trial in (
                *trials(workbench.stages, workbench.layers),
                *draws(workbench.stages, workbench.layers, number, seed),
            )
            if not patterns or any(fnmatch(trial.name, pattern) for pattern in patterns)
        ]
        if not chosen:
            raise ValueError(f"{', '.join(patterns)}: no mistake and no variant is called so")
        if workers == 1:
            yield from (run_trial(workbench, trial) for trial in chosen)
            return
        spawn = get_context("spawn")
        # Hundreds of small runs; more threads than one wait for each other.
        with ProcessPoolExecutor(workers, spawn, torch.set_num_threads, (1,)) as pool:
            yield from pool.map(_run_trial, repeat(folder), chosen)


def run_trial(workbench: Workbench, trial: Trial) -> TrialResult:
    """Judge, and explain."""
    if trial.name in TOKENIZER:
        # A folder for each process: else one reads what another writes.
        place = workbench.folder / f"tokenizers of {os.getpid()}"
        outcomes, causes = judge_tokenizer(trial.name, place)
        shows = [f"texts, {outcome.configuration}" for outcome in outcomes if outcome.wrong]
        return TrialResult(trial, shows, causes=causes)
    if trial.name in suite_mistakes() or trial.name in correct_ones():
        judged = [*judge_known(trial.name)]
        shows = [f"{suite.name}, {outcome.check}" for suite, outcome in judged if outcome.different]
        named = [known.id for _, outcome in judged for known in outcome.causes]
        return TrialResult(trial, shows, causes=named, outputs=bool(shows))
    if trial.made:
        heads = trial.stage not in RETURNED
        rows, diagnosis = workbench.judge(MutantModel(trial.mistakes(), heads=heads), heads=heads)
    else:
        rows, diagnosis = workbench.judge(
            dict(variants(workbench.stages, workbench.layers))[trial.name]()
        )
    wrong = [row for row in rows if not row.passed and row.lane != "padding"]
    first = Report(rows).first_divergence
    return TrialResult(
        trial,
        list(dict.fromkeys(row.probe for row in wrong)),
        first.name if first else "",
        [mistake.mistake.id for mistake in injections(diagnosis.causes)],
        [mistake.mistake.id for mistake in injections(diagnosis.harmless)],
        [*diagnosis.unknown],
        any(row.name in OUTPUTS and row.lane == "propagated" for row in wrong),
    )


_workbench = cache(Workbench)  # of this process


def _run_trial(folder: Path, trial: Trial) -> TrialResult:
    return run_trial(_workbench(folder), trial)
