"""A candidate in a process of its own: whatever it does, the judge says what it did."""

import json
from functools import partial
from pathlib import Path

import pytest

from parity.cli.main import main
from parity.core.compare import Status
from parity.core.errors import CandidateCrashedError, CandidateError
from parity.model.judge import Chosen, Judge, check, choose
from parity.model.worker import probes_of
from scratch_bert.weights.checkpoints import Checkpoint

BERTS = Path(__file__).parents[1] / "strangers" / "hostile_berts.py"


@pytest.fixture
def rows_of(small):
    def rows_of(name, limit=60):
        chosen = [probe for probe in probes_of(Checkpoint.of(small), 0) if probe.name == "sentence"]
        with Judge(f"{BERTS}:{name}", Checkpoint.of(small), limit=limit) as judge:
            return list(check(judge, Chosen(chosen)))

    return rows_of


@pytest.mark.sample(2)
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Raises", "RuntimeError: the attention is broken"),
        ("AsksAndRaises", "RuntimeError: not for want of positions"),
        ("Exits", "SystemExit: 0"),
        ("Dies", "its process ended with code 7"),
        ("Loops", "it took longer than 3 s"),
    ],
)
def test_a_crash_is_told_with_the_users_own_line(name, message, rows_of):
    with pytest.raises(CandidateCrashedError) as crashed:
        rows_of(name, limit=60 if name != "Loops" else 3)
    assert message in str(crashed.value)
    if name not in ("Dies", "AsksAndRaises"):
        assert f'hostile_berts.py", line {line_of(name)}' in str(crashed.value)


def line_of(name):
    """The first line of a candidate's forward."""
    lines = BERTS.read_text().splitlines()
    return lines.index(f"class {name}(Silent):") + 3


@pytest.mark.parametrize(
    ("name", "status"),
    [("Prints", Status.VALUE), ("NotANumber", Status.VALUE), ("Transposes", Status.SHAPE)],
)
def test_numbers_are_judged_whatever_is_printed(name, status, rows_of):
    rows = rows_of(name)
    assert [(row.name, row.lane, row.status) for row in rows] == [
        ("last_hidden_state", "propagated", status),
        ("last_hidden_state", "isolated", status),
    ]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Texts", "forward returned a str, expected a mapping of names to tensors"),
        ("BuildsAList", "build returned a list, expected a torch Module"),
        ("Lacks", "stage encoder.layer.{i}: Nothing has no attribute `blocks`"),
        (
            "Misspells",
            "no stage encoder.layer.{i}.attention.query, did you mean encoder.layer.{i}.",
        ),
        ("Wrong", "unsupported names segments, expected some of attention_mask, "),
        ("Nobody", "has no class Nobody with a method build"),
    ],
)
def test_what_is_no_candidate(name, message, rows_of):
    with pytest.raises(CandidateError) as refused:
        rows_of(name)
    assert message in str(refused.value)


def test_a_crash_on_one_probe_ends_no_other(small):
    rows = []
    chosen = choose(Checkpoint.of(small), ["sentence", "dropout", "gradients", "pair"], 0)
    with (
        Judge(f"{BERTS}:CannotTrain", Checkpoint.of(small)) as judge,
        pytest.raises(CandidateCrashedError) as crashed,
    ):
        rows.extend(check(judge, chosen))
    lines = str(crashed.value).splitlines()
    assert lines[0] == "on 'dropout': RuntimeError: no training here"
    assert lines[2].startswith(f'  File "{BERTS}", line ')  # and not where the judge was
    assert {row.probe for row in rows} == {"sentence", "gradients", "pair"}


def test_what_no_python_reads(small, tmp_path):
    (tmp_path / "mine.py").write_text("class Bert:\n    def build(self\n")
    with (
        Judge(f"{tmp_path / 'mine.py'}:Bert", Checkpoint.of(small)) as judge,
        pytest.raises(CandidateCrashedError) as crashed,
    ):
        list(check(judge, choose(Checkpoint.of(small), ["pair"], 0)))
    lines = str(crashed.value).splitlines()
    assert lines[0].startswith("SyntaxError: '(' was never closed (mine.py, line 2)")
    assert [line for line in lines if "/parity/" in line] == []


@pytest.mark.slow
def test_a_process_is_started(rows_of, started):
    """As it is for a user; in the other tests it is forked."""
    assert [row.status for row in rows_of("NotANumber")] == [Status.VALUE] * 2


def test_the_command(tmp_path, command_line):
    run = partial(command_line, main)
    code, out, _ = run("check", "--probe", "pair", "--probe", "too long", "--format", "json")
    report = json.loads(out)
    assert (code, report["verdict"], report["born"]) == (0, "parity", [])
    assert {row["lane"] for row in report["stages"]} == {"propagated", "isolated"}
    assert {row["scope"] for row in report["stages"]} == {"evaluation", "robustness"}
    found = {scope: result["verdict"] for scope, result in report["scopes"].items()}
    assert (found["evaluation"], found["robustness"]) == ("parity", "parity")
    assert found["gradients"] == found["training"] == "nothing_compared"
    code, out, _ = run("check", f"{BERTS}:Raises", "-o", str(tmp_path / "report.json"))
    assert code == 2
    assert "crashed: with builtin:adversarial: RuntimeError: the attention is broken\n" in out
    assert json.loads((tmp_path / "report.json").read_text())["verdict"] == "crashed"
    code, out, _ = run("check", f"{BERTS}:SaysNothing", "--probe", "pair", "--format", "json")
    assert (code, json.loads(out)["verdict"]) == (5, "nothing_compared")
    code, _, err = run("check", f"{BERTS}:Texts")
    assert (code, "expected a mapping" in err) == (4, True)
    code, _, err = run("check", "--probe", "nothing")
    assert (code, "no such probe, expected some of sentence" in err) == (4, True)
    code, _, err = run("check", "--probe", "pair", "--scope", "gradients")
    assert (code, "pair: its scope is evaluation, which is left out" in err) == (4, True)
    options = ("--scope", "gradients", "--checkpoint", "builtin:adversarial", "--format", "json")
    code, out, _ = run("check", *options)
    assert (code, {row["scope"] for row in json.loads(out)["stages"]}) == (0, {"gradients"})
