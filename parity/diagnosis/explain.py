"""From the stages that are wrong to the mistakes that explain them.

The candidate's numbers are fetched. Each stage that is wrong in the isolated lane is a question of
its own, since everything before it is right there; so several mistakes in one model do not hide
each other. A mistake is named only if it gives the candidate's numbers to the judge's own
tolerance, on every probe and at every stage that it touches, and if everything agrees once the
reference makes all that was found. What no mistake explains stays unknown.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace

from parity.core.cause import Cause, Diagnosis, Injections, injections
from parity.core.compare import Comparison, Status
from parity.core.probes import Mode, Probe
from parity.core.recording import Recording
from parity.diagnosis.bench import (
    LANES,
    MODES,
    Bench,
    Evidence,
    JudgeBench,
    probes_that_ran,
    was_seen,
)
from parity.diagnosis.confirm import confirm, of_the_whole
from parity.diagnosis.counterfactual import Counterfactual
from parity.diagnosis.observations import Observations, describe_unknown, is_long
from parity.diagnosis.other_forms import OtherForms
from parity.diagnosis.search import Alternatives, Search
from parity.model.expected import GRADIENT, RecordedProbe
from parity.model.judge import Judge


def explain(judge: Judge, rows: Sequence[Comparison]) -> tuple[Diagnosis, list[Comparison]]:
    """Find the causes of what was born wrong.

    Args:
        judge: has judged the candidate on one checkpoint.
        rows: what came of it.

    Returns:
        The diagnosis, and the rows; those that a harmless cause explains are notes.

    Raises:
        CandidateError: it is not what a candidate must be.
        CandidateCrashedError: its own code raised, ended, or took too long.
    """
    with Counterfactual(judge.checkpoint) as counterfactual:
        bench = JudgeBench(judge, rows, counterfactual)
        found, noted = explain_rows(bench)
    found.places = bench.places
    twice = [row.note for row in rows if row.probe == "twice" and not row.passed]
    found.notes = twice[:1]
    return found, noted


def explain_rows(bench: Bench) -> tuple[Diagnosis, list[Comparison]]:
    """Find the causes, of what evaluation shows first: a wrong forward pass spoils all else.

    Args:
        bench: has judged the candidate.

    Returns:
        The diagnosis, and the rows; those that a harmless cause explains are notes.
    """
    rows = bench.evidence.rows
    found, evidence = _causes(bench, bench.evidence)
    others = OtherForms.of(rows)
    named = {name for each in found.causes if not each.is_harmless for name in each.stages}
    if others.all and (found.unknown or others.stages & named):
        bench.hide(others.all)
        without = bench.judged_by((), every=True)
        rows = others.left_out(rows, without.rows)
        found, evidence = _causes(bench, without)
    found.harmless = [cause for cause in found.causes if cause.is_harmless]
    found.causes = [cause for cause in found.causes if not cause.is_harmless]
    if not found.harmless:
        return found, [*rows]
    evidence = bench.judged_by(injections(found.harmless), every=True)
    return found, _noted(rows, evidence, found.harmless)


def _causes(bench: Bench, evidence: Evidence) -> tuple[Diagnosis, Evidence]:
    """Find causes, and judge the candidate by a reference that makes them."""
    found, known = Diagnosis(), Injections()
    modes = [*MODES]
    while modes:
        mode = modes.pop(0)
        observations = _observe(bench, evidence, mode)
        if found.unknown or not observations.wrong:
            continue
        settled = {stage for cause in found.causes for stage in cause.touched}
        alternatives, unknown = diagnose(bench.counterfactual, observations, known, settled)
        if found.causes and mode is Mode.BACKWARD:
            unknown = {}  # gradients of a wrong forward pass; what is known of them is enough
        if not alternatives and not unknown:
            continue
        for stage, facts in unknown.items():
            facts += _notes(evidence.rows, stage, observations.recorded)
        if mode is Mode.EVALUATE and (whole := of_the_whole(bench, observations, unknown)):
            found.causes, known, evidence = whole.causes, injections(whole.causes), whole.evidence
            modes = [mode, *modes]  # there may be more, given that
            continue
        confirmed = confirm(bench, known, alternatives, unknown, mode)
        heads = bench.counterfactual.heads
        for stage, facts in confirmed.withdrawn.items():
            unknown[stage] = [*facts, *describe_unknown(observations, stage, heads)]
        found.unknown |= {stage: unknown[stage] for stage in observations.wrong if stage in unknown}
        found.causes += confirmed.causes
        known, evidence = injections(found.causes), confirmed.evidence
    return found, evidence


def _noted(
    rows: Sequence[Comparison], evidence: Evidence, harmless: Sequence[Cause]
) -> list[Comparison]:
    """Make notes of the rows that agree once the reference makes the harmless causes."""
    agree = {(row.name, row.probe, row.lane) for row in evidence.rows if row.passed}
    why = "; ".join(dict.fromkeys(each.description for each in injections(harmless)))
    return [
        replace(row, status=Status.NOTE, note=why)
        if not row.passed and (row.name, row.probe, row.lane) in agree
        else row
        for row in rows
    ]


def _notes(rows: Sequence[Comparison], stage: str, probes: Collection[str]) -> list[str]:
    """What the rows of some probes say about a stage that is wrong when it is alone."""
    here = [row for row in rows if row.lane in LANES and row.name == stage and row.probe in probes]
    return list(dict.fromkeys(row.note for row in here if row.note and not row.passed))


def _observe(bench: Bench, evidence: Evidence, mode: Mode) -> Observations:
    """Fetch the candidate's numbers at the stages that are wrong in a mode."""
    probes, stages = _asked(evidence.recording, evidence.rows, bench.shown, mode)
    seen = [row for row in evidence.rows if row.lane in LANES and was_seen(row)]
    gradients = {f"{row.name}{GRADIENT}" for row in seen if LANES[row.lane] == GRADIENT}
    recorded = {
        probe.name: RecordedProbe(evidence.recording, probe, bench.dtype) for probe in probes
    }
    ours = bench.fetch(evidence.recording, probes, stages) if stages else {}
    return Observations(recorded, ours, {*bench.shown, *gradients})


def _asked(
    recording: Recording, rows: Sequence[Comparison], shown: Collection[str], mode: Mode
) -> tuple[list[Probe], list[str]]:
    """Choose a mode's probes, long ones if no short one does, and the stages that are wrong."""
    ran = probes_that_ran(rows)
    probes = [
        probe
        for probe in recording.probes()
        if probe.name in ran and probe.mode is mode and not probe.dtype
    ]
    wrong: dict[str, set[str]] = {}
    for row in (each for each in rows if each.lane in LANES and was_seen(each)):
        if not row.passed and row.probe in {probe.name for probe in probes}:
            wrong.setdefault(f"{row.name}{LANES[row.lane]}", set()).add(row.probe)
    short = {probe.name for probe in probes if not is_long(probe)}
    if all(shows & short for shows in wrong.values()):
        probes = [probe for probe in probes if probe.name in short]
    in_a_row = any(
        row.lane == "propagated" for row in rows if row.probe in {p.name for p in probes}
    )
    if wrong and mode is Mode.TRAIN and in_a_row:  # with a mask more or less all are others
        return probes, [*shown]
    return probes, [*wrong]


def diagnose(
    counterfactual: Counterfactual,
    observations: Observations,
    known: Injections = (),
    settled: Collection[str] = (),
) -> tuple[list[Alternatives], dict[str, list[str]]]:
    """Explain each stage that was born wrong, first to last.

    Args:
        counterfactual: the reference.
        observations: what the candidate computed.
        known: mistakes that it makes in any case.
        settled: stages that those explain.

    Returns:
        The possible causes of each stage that is explained, and what is known about each other.
    """
    search = Search(counterfactual, observations, known)
    explained, alternatives = {*settled}, list[Alternatives]()
    unknown: dict[str, list[str]] = {}
    for stage in observations.wrong:
        scores = stage.replace(".probabilities", ".scores")
        if stage in explained or (scores != stage and scores in unknown):
            continue  # masked scores are never put right, so probabilities follow from them
        causes = search.explain(stage)
        if causes.best:
            alternatives.append(causes)
            explained |= {*causes.best[0].stages}
        else:
            unknown[stage] = describe_unknown(observations, stage, counterfactual.heads)
    return alternatives, unknown
