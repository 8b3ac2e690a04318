"""`parity finetuning`: exit codes, and what is said where something is wrong."""

import json
import shlex
from functools import partial

import pytest

from parity.cli.main import main

STRANGE = "tests/parity/strangers/strange_finetunings.py"


@pytest.fixture
def run(command_line):
    return partial(command_line, main, "finetuning")


def test_parity(run):
    code, out, err = run("--check", "align", "--check", "windows")
    assert (code, err) == (0, ""), out
    assert "comparisons hold" in out
    assert "\nagain: parity finetuning --check align --check windows" in out


def test_a_divergence_is_told_with_its_cause_and_its_rerun(run):
    code, out, _ = run(f"{STRANGE}:AllPieces", "--check", "align")
    assert code == 1
    assert "cause: all pieces of a word have its tag [align-every-piece]" in out
    assert "mend   a word's first piece has its tag, all other tokens -100" in out
    (again,) = [line for line in out.splitlines() if line.startswith("  again")]
    _, suite, *arguments = shlex.split(again.removeprefix("  again"))
    assert suite == "finetuning"

    code, out, _ = run(*arguments, "--format", "json")
    report = json.loads(out)
    assert (code, report["verdict"], report["causes"]) == (1, "diverges", ["align-every-piece"])


def test_crashed(run, tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("class Mine:\n    def align(self, folder, **_):\n        return 1 / 0\n")
    code, out, _ = run(f"{path}:Mine")
    assert code == 2
    assert "classify     not compared: the candidate has no build and no loss" in out
    assert "crashed: the candidate, in align" in out
    assert "ZeroDivisionError" in out


def test_nothing_compared(run, tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("class Mine:\n    pass\n")
    code, out, _ = run(f"{path}:Mine")
    assert code == 5
    assert "no method that is compared; see parity/finetuning/candidate.py" in out


def test_usage(run):
    code, out, err = run("--check", "nonsense")
    assert (code, out) == (4, "")
    assert "expected some of classify, multi-label, regress, tag" in err
