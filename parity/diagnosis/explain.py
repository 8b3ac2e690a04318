"""From the stages that are wrong to the mistakes that explain them.

The candidate's numbers are fetched. Each stage that is wrong in the isolated lane is a question of
its own, since everything before it is right there; so several mistakes in one model do not hide
each other. A mistake is named only if it gives the candidate's numbers to the judge's own
tolerance, on every probe and at every stage that it touches. What no mistake explains stays
unknown.
"""

import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

from parity.core.cause import Cause, Diagnosis, Injections
from parity.core.compare import Comparison, Status
from parity.core.probes import Mode, Probe
from parity.core.recording import Recording
from parity.diagnosis.counterfactual import Counterfactual
from parity.diagnosis.observations import Observations, describe_unknown, is_long
from parity.diagnosis.search import Search
from parity.model.expected import GRADIENT, RecordedProbe
from parity.model.judge import Judge

Ours = Mapping[str, Mapping[str, Tensor]]  # of each probe, of each stage
Fetch = Callable[[Sequence[Probe], Sequence[str]], Ours]

_LANES = {"isolated": "", "isolated gradient": GRADIENT}


def explain(judge: Judge, rows: Sequence[Comparison]) -> Diagnosis:
    """Find the causes of what was born wrong.

    Args:
        judge: has judged the candidate on one checkpoint.
        rows: what came of it.

    Raises:
        CandidateError: it is not what a candidate must be.
        CandidateCrashedError: its own code raised, ended, or took too long.
    """
    shown = shown_in(rows)
    places: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="parity.") as name:

        def fetch(probes: Sequence[Probe], stages: Sequence[str]) -> Ours:
            asked = [probe.name for probe in probes]
            places.update(judge.isolated(asked, shown, stages, Path(name)))
            made = Recording.read(Path(name))
            return {
                probe: {each: made.get(probe, each) for each in made.stages(probe)}
                for probe in asked
            }

        dtype = getattr(torch, judge.described()["dtype"])
        with Counterfactual(judge.checkpoint, shown) as counterfactual:
            found = explain_rows(rows, judge.recording, dtype, counterfactual, fetch)
    found.places = places
    twice = [row.note for row in rows if row.probe == "twice" and not row.passed]
    found.notes = twice[:1]
    return found


def shown_in(rows: Sequence[Comparison]) -> tuple[str, ...]:
    """Return the stages and outputs that a candidate came by when it was judged."""
    seen = (row.name for row in rows if row.lane == "isolated" and _was_seen(row))
    return tuple(dict.fromkeys(seen))


def explain_rows(
    rows: Sequence[Comparison],
    recording: Recording,
    dtype: torch.dtype,
    counterfactual: Counterfactual,
    fetch: Fetch,
) -> Diagnosis:
    """Find the causes, of what evaluation shows first: a wrong forward pass spoils all else.

    Args:
        rows: what came of judging a candidate.
        recording: the reference's.
        dtype: what the candidate computes in.
        counterfactual: the reference, which makes mistakes.
        fetch: runs the candidate on probes, and returns its numbers of stages for each.
    """
    found = Diagnosis()
    for mode in (Mode.EVALUATE, Mode.TRAIN, Mode.BACKWARD):
        seen = [row for row in rows if row.lane in _LANES and _was_seen(row)]
        probes, stages = _asked(recording, seen, counterfactual.shown, mode)
        settled = {stage for cause in found.causes for stage in cause.stages}
        if found.unknown or (found.causes and mode is Mode.BACKWARD) or not {*stages} - settled:
            continue  # a wrong forward pass has wrong gradients
        recorded = {probe.name: RecordedProbe(recording, probe, dtype) for probe in probes}
        gradients = {f"{row.name}{GRADIENT}" for row in seen if _LANES[row.lane] == GRADIENT}
        made = tuple(mistake for cause in found.causes for mistake in cause.mistakes)
        observations = Observations(
            recorded,
            fetch(probes, stages),
            {*counterfactual.shown, *gradients},
            {name: counterfactual.run(recorded[name], made) for name in recorded} if made else {},
        )
        more = diagnose(counterfactual, observations, made, settled)
        found.causes += more.causes
        found.unknown |= more.unknown
    return found


def _was_seen(row: Comparison) -> bool:
    """Whether a stage was; a gradient that is missing is one of zeros."""
    missing = row.status is Status.MISSING_OURS and _LANES[row.lane] != GRADIENT
    return row.status is not Status.UNSUPPORTED and not missing


def _asked(
    recording: Recording, rows: Sequence[Comparison], shown: Collection[str], mode: Mode
) -> tuple[list[Probe], list[str]]:
    """Choose a mode's probes, long ones if no short one does, and the stages that are wrong."""
    ran = {row.probe for row in rows}
    probes = [
        probe
        for probe in recording.probes()
        if probe.name in ran and probe.mode is mode and not probe.dtype
    ]
    wrong: dict[str, set[str]] = {}
    for row in rows:
        if not row.passed and row.probe in {probe.name for probe in probes}:
            wrong.setdefault(f"{row.name}{_LANES[row.lane]}", set()).add(row.probe)
    short = {probe.name for probe in probes if not is_long(probe)}
    if all(shows & short for shows in wrong.values()):
        probes = [probe for probe in probes if probe.name in short]
    if wrong and mode is Mode.TRAIN:  # with a mask more or less all that follow are others
        return probes, [*shown]
    return probes, [*wrong]


def diagnose(
    counterfactual: Counterfactual,
    observations: Observations,
    known: Injections = (),
    settled: Collection[str] = (),
) -> Diagnosis:
    """Explain each stage that was born wrong, first to last.

    Args:
        counterfactual: the reference.
        observations: what the candidate computed.
        known: mistakes that it makes in any case.
        settled: stages that those explain.
    """
    search, found = Search(counterfactual, observations, known), Diagnosis()
    explained, alternatives = {*settled}, list[list[Cause]]()
    for stage in observations.wrong:
        if stage in explained:
            continue
        causes = search.explain(stage)
        if causes:
            alternatives.append(causes)
            explained |= {*causes[0].stages}
        else:
            found.unknown[stage] = describe_unknown(observations, stage, counterfactual.heads)
    found.causes = _most_common(alternatives)
    return found


def _most_common(alternatives: Sequence[Sequence[Cause]]) -> list[Cause]:
    """Of what explains a stage equally well choose what explains most stages; else the first."""
    votes = Counter(_faults(cause) for causes in alternatives for cause in causes)
    return [max(causes, key=lambda cause: votes[_faults(cause)]) for causes in alternatives]


def _faults(cause: Cause) -> tuple[str, ...]:
    return tuple(mistake.mistake.id for mistake in cause.mistakes)
