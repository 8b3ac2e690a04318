"""The terminal's report of a check, word by word."""

from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from parity.core.compare import Comparison, Status
from parity.core.probes import Scope
from parity.core.verdict import Asked, Report, Verdict
from parity.report.check import CheckReport, not_seen, scope_line
from parity.report.terminal import explain

NORM = "encoder.layer.1.output.LayerNorm"


def shown(rows, **report):
    """What is printed, a line each."""
    console = Console(file=StringIO(), width=100)
    terminal = CheckReport(console)
    for row in rows:
        terminal.row(row)
    terminal.summary(Report(rows, {"candidate": "my.py:Bert", "rerun": "parity check"}, **report))
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def value(name, lane, difference=0.5):
    numbers = {"max_abs": difference, "max_rel": difference / 4, "allowed": 1e-11}
    return Comparison(name, Status.VALUE, where=(0, 3, 1), probe="pair", lane=lane, **numbers)


def equal(name, lane="propagated", probe="pair"):
    same = {"bit_equal": True, "max_abs": 0.0, "max_rel": 0.0}
    return Comparison(name, Status.MATCH, probe=probe, lane=lane, **same)


HEADER = "probe                propagated         isolated           padding"
END = ["candidate my.py:Bert", "again: parity check"]


def test_a_divergence():
    rows = [
        equal("embeddings"),
        value(NORM, "propagated"),
        value("pooler", "propagated", 0.25),
        equal("embeddings", "isolated"),
        value(NORM, "isolated"),
        equal("pooler", "isolated"),
        value(NORM, "padding"),
        equal("embeddings", probe="one token"),
    ]
    assert shown(rows) == [
        HEADER,
        "pair                 2 of 3 differ      1 of 3 differ      1 of 1 differ",
        "one token            1 exactly          —                  —",
        "",
        "diverges: 4 of 7 comparisons hold",
        f"first divergence, on 'pair': {NORM}: VALUE, max abs diff 5.0e-01 at (0, 3, 1), "
        "allowed 1.0e-11",
        f"born here, though its input was right: {NORM}",
        f"required tolerance: 5.0e-01, or 1.2e-01 of the largest number, at {NORM} on 'pair'; "
        "allowed are 1.0e-11",
        *END,
    ]


def test_several_checkpoints():
    rows = [
        replace(equal("embeddings"), checkpoint="made"),
        replace(equal("embeddings"), checkpoint="trained"),
        replace(value("pooler", "propagated"), checkpoint="trained"),
    ]
    printed = shown(rows)
    assert [line.split()[:2] for line in printed[:4]] == [
        ["made", "propagated"],
        ["pair", "1"],
        ["trained", "propagated"],
        ["pair", "1"],
    ]
    assert printed[6].startswith("first divergence, on 'pair' of trained: pooler: VALUE")


def test_a_gradient():
    rows = [equal("pooler", "gradient"), value(NORM, "gradient"), value(NORM, "isolated gradient")]
    printed = shown(rows)
    assert printed[1] == "pair                 1 of 2 differ      1 of 1 differ      —"
    assert f"born on the way back, its gradient alone is wrong: {NORM}" in printed


def test_what_was_not_compared_is_not_counted():
    note = "no softmax was called in its module"
    rows = [
        Comparison("scores", Status.UNSUPPORTED, note=note, probe="pair"),
        equal("embeddings"),
        Comparison("probe", Status.UNSUPPORTED, note="the candidate has no x", probe="holes"),
    ]
    assert shown(rows) == [
        HEADER,
        "pair                 1 exactly          —                  —",
        "holes                UNSUPPORTED: the candidate has no x",
        "",
        "parity: 1 of 1 comparisons hold",
        f"not compared: 1 of its stages, first scores: {note}",
        *END,
    ]


def test_what_numbers_do_not_say_is_said():
    note = "dropout drops nothing, expected 0.1 of (2, 12, 48)"
    rows = [Comparison("dropout", Status.VALUE, note=note, probe="dropout")]
    assert shown(rows)[1:3] == [
        "dropout              1 of 1 differ      —                  —",
        f"                     dropout: {note}",
    ]


def test_laws():
    holds = Comparison("order", Status.MATCH, note="words count", probe="order", lane="law")
    script = "import parity"
    broken = Comparison(
        "suffix", Status.VALUE, note="so do these", probe="suffix", lane="law", reproduction=script
    )
    printed = shown([holds, broken])
    assert printed[1:3] == [
        "order                holds: words count",
        "suffix               broken: so do these",
    ]
    assert script in printed


def test_nothing():
    assert shown([])[1] == (
        "nothing compared: the candidate has none of the stages and outputs; see docs/adapters.md"
    )


def test_a_crash():
    printed = shown([equal("embeddings")], failure=Verdict.CRASHED, error="line 3 of my.py")
    assert "crashed: line 3 of my.py" in printed


MISSING = {"note": "ours has no such tensor"}


@pytest.mark.parametrize(
    ("status", "options", "expected"),
    [
        ("VALUE", {"max_abs": 0.5, "where": (1, 2)}, "max abs diff 5.0e-01 at (1, 2), allowed 0"),
        ("SHAPE", {"note": "ours is (2,), theirs (3,)"}, "ours is (2,), theirs (3,)"),
        ("MISSING_OURS", MISSING, "ours has no such tensor"),
        ("VALUE", {"max_abs": float("nan"), "where": (0, 1)}, "NaN at (0, 1), allowed 0"),
    ],
)
def test_a_stage_in_a_line(status, options, expected):
    row = Comparison("pooler", Status(status), **options)
    assert explain(row) == f"pooler: {status}, {expected}"


def asked(*names, checkpoint="made"):
    return [Asked(scope, name, checkpoint) for scope, name in names]


def of(scope, row):
    return replace(row, scope=scope, checkpoint="made")


BOTH = ((Scope.EVALUATION, "pair"), (Scope.GRADIENTS, "gradients"))


def test_each_scope_has_a_verdict_of_its_own():
    wrong = of(Scope.GRADIENTS, replace(value(NORM, "isolated gradient"), probe="gradients"))
    report = Report([of(Scope.EVALUATION, equal(NORM)), wrong], asked=asked(*BOTH))
    assert scope_line(report) == (
        "Evaluation: parity. Gradients: one difference. "
        "Not checked: training, low precision, robustness."
    )
    assert report.verdict is Verdict.DIVERGES


def test_a_check_that_ended_early_says_what_was_not_checked():
    rows = [of(Scope.EVALUATION, equal(NORM))]
    runs = asked(*BOTH, (Scope.EVALUATION, "one token")) + asked(*BOTH, checkpoint="trained")
    report = Report(rows, asked=runs, failure=Verdict.CRASHED, error="it raised")
    assert scope_line(report) == (
        "Evaluation: crashed. Gradients: crashed. "
        "Not checked: one token, pair of trained, gradients, training, low precision, robustness."
    )


def test_a_note_is_no_difference():
    note = replace(value(NORM, "isolated"), status=Status.NOTE, note="rounded")
    report = Report([of(Scope.EVALUATION, note)], asked=asked(*BOTH[:1]))
    assert scope_line(report).startswith("Evaluation: parity (with a note). Not checked:")
    assert (report.verdict, report.exit_code) == (Verdict.PARITY, 0)


def test_what_a_check_cannot_see():
    rows = [of(Scope.EVALUATION, equal("embeddings"))]
    report = Report(rows, asked=asked(*BOTH), reference_stages=["embeddings", NORM])
    assert not_seen(report) == (
        f"not seen: 1 of HuggingFace's stages, first {NORM}; other weights than made; "
        "other devices; more than one training step"
    )
