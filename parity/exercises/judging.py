"""A learner's part judged, by the checks that everybody's BERT is judged by."""

import shlex
from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path

from rich.console import Console
from rich.text import Text

from parity.core.compare import Comparison
from parity.core.errors import CandidateError
from parity.core.verdict import Report, Verdict
from parity.exercises.catalogue import FEWER, PROBES, TO_WRITE, Exercise
from parity.pretraining.suite import PRETRAINING
from parity.report.diagnosis import lines
from parity.report.suite import failure_lines
from parity.report.terminal import explain as explain_row
from parity.session import CHECKPOINTS, CheckRun, chosen
from parity.suite.candidate import SuiteProcess
from parity.suite.suite import run_checks
from parity.tokenizer.mistakes.catalogue import CATALOGUE
from parity.tokenizer.outcome import causes, explain
from parity.tokenizer.suite import Amounts, judge_in_process

_TEXTS = 3000


def judge(exercise: Exercise, place: Path, checkpoints: Sequence[str]) -> Verdict:
    """Judge it, and tell what is wrong and why.

    Args:
        exercise: which.
        place: the file that was written.
        checkpoints: with whose weights a part of the model is judged; none means made and trained
            ones.

    Raises:
        CandidateError: the file is not what it must be, is not written yet, or raised.
        CandidateCrashedError: it ended its process, or took too long.
    """
    if exercise.state(place) == TO_WRITE:
        raise CandidateError(f"{TO_WRITE}: {place}", Verdict.NOTHING_COMPARED)
    candidate = f"parity.exercises.candidate:{exercise.name}={place}"
    with Console(stderr=True).status("comparing"):
        if exercise.stages:
            own = CHECKPOINTS if exercise.trained else CHECKPOINTS[:1]
            return _judge_part(exercise, candidate, checkpoints or own)
        if exercise.check:
            return _judge_training(exercise.check, candidate)
        return _judge_words(candidate)


def _judge_part(exercise: Exercise, candidate: str, checkpoints: Sequence[str]) -> Verdict:
    """A part of the model: its stages alone."""

    def is_own(stage: str) -> bool:
        return any(fnmatch(stage, pattern) for pattern in exercise.stages)

    def counts(row: Comparison) -> bool:
        return is_own(row.name) and row.lane.startswith("isolated")

    names = zip(checkpoints, (PROBES, *[FEWER] * len(checkpoints)), strict=False)
    each = {name: chosen(name, probes, CheckRun.seed) for name, probes in names}
    run = CheckRun(candidate, each, counts=counts)
    report = Report()
    for name, of_it in each.items():
        for row in replace(run, checkpoints={name: of_it}).rows(report):
            report.rows.append(row)
        if report.verdict is not Verdict.PARITY:
            break
    first = report.first_divergence
    if first is None:
        _print(f"{report.tally}, with {' and '.join(each)}")
        return report.verdict
    _print(f"wrong: {explain_row(first)}, on {first.probe!r} of {first.checkpoint}", "bold red")
    if report.diagnosis is not None:
        # What is unknown elsewhere, or beside a cause, may follow from what is wrong here.
        unknown = {} if report.diagnosis.causes else report.diagnosis.unknown
        own = {stage: known for stage, known in unknown.items() if is_own(stage)}
        report.diagnosis.unknown = own
        for line, style in lines(report.diagnosis):
            _print(line, style)
    return report.verdict


def _judge_training(check: str, candidate: str) -> Verdict:
    """A part of pretraining."""
    with SuiteProcess(candidate, PRETRAINING.local_class) as judged:
        (outcome,) = run_checks(PRETRAINING, judged, [check])
    if not outcome.different:
        _print(f"{len(outcome.rows)} comparisons hold")
        return Verdict.PARITY
    _print("wrong:", "bold red")
    for line, style in failure_lines(outcome, PRETRAINING, candidate)[1:]:
        _print(line, style)
    return Verdict.DIVERGES


def _judge_words(candidate: str) -> Verdict:
    """A tokenizer's words, in texts of all kinds."""
    command = f"parity tokenizer {shlex.quote(candidate)}"
    report, amounts = Report(), Amounts(scalars=False, files=False, strings=_TEXTS)
    report.outcomes += judge_in_process(candidate, amounts)
    if not report.failed:
        _print(f"{report.compared:,} texts have the same pieces")
        return report.verdict
    wrong = next(outcome for outcome in report.outcomes if outcome.differences)
    _print(f"wrong: {report.failed:,} of {report.compared:,} texts differ", "bold red")
    _print(explain(wrong, wrong.differences[0], command))
    for cause in causes(report.outcomes):
        _print(
            f"\ncause: all texts that differ are as if {CATALOGUE[cause].description}", "bold red"
        )
    return report.verdict


def _print(line: str, style: str = "") -> None:
    Console().print(Text(line, style=style), soft_wrap=True)
