"""`parity pretraining`: exit codes, what is said where something is wrong, and the rerun."""

import json
import re
import shlex
from functools import partial

import pytest

from parity.cli.main import main
from tests.parity.strangers import strange_trainings as strange

STRANGE = "tests/parity/strangers/strange_trainings.py"


@pytest.fixture
def run(command_line):
    return partial(command_line, main, "pretraining")


def test_parity(run):
    """Slow: it imports HuggingFace's model, and starts the place that processes fork from."""
    code, out, err = run("--check", "masks", "--check", "initial")
    assert (code, err) == (0, ""), out
    assert "parity: 99 of 99 comparisons hold" in out
    assert "48 of 48" in out
    assert "\nagain: parity pretraining --check masks --check initial" in out


def test_a_divergence_is_told_with_its_cause_and_its_rerun(run):
    code, out, _ = run(f"{STRANGE}:MasksInPlace", "--check", "masks")
    assert code == 1
    assert re.search("masks, ids that were changed in place: VALUE, .* %, expected 0.00 %", out)
    assert "cause: the ids that were given are changed" in out
    assert "mend   ids.clone() first" in out
    (again,) = [line for line in out.splitlines() if line.startswith("  again")]
    _, _, *arguments = shlex.split(again.removeprefix("  again"))

    code, out, _ = run(*arguments, "--format", "json")
    report = json.loads(out)
    assert (code, report["verdict"], report["causes"]) == (1, "diverges", ["masks-in-place"])
    (check,) = report["checks"]
    assert (check["check"], check["different"], check["compared"]) == ("masks", 1, 20)
    for fact in ("candidate", "transformers", "torch", "threads", "rerun"):
        assert fact in report["environment"]


def test_crashed(run, tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("class Mine:\n    def pairs(self, *_):\n        return 1 / 0\n")
    code, out, _ = run(f"{path}:Mine")
    assert code == 2
    assert "initial      not compared: the candidate has no initial" in out
    assert "crashed: the candidate, in pairs" in out
    assert "mine.py" in out
    assert "ZeroDivisionError" in out

    path.write_text("1 / 0\n")
    code, out, _ = run(f"{path}:Mine")
    assert (code, f"crashed: {path}:Mine cannot be loaded" in out) == (2, True)


@pytest.mark.thorough
def test_one_of_two_processes_that_crashes(run, tmp_path):
    """The other, which waits for it, is ended."""
    path = tmp_path / "mine.py"
    path.write_text(
        "import os, torch\nfrom parity.ours.pretraining import ScratchTraining\n\n"
        "class Mine(ScratchTraining):\n"
        "    def train(self, *given):\n        yield from super().train(*given)\n"
        "        if os.environ['RANK'] == '1':\n            raise RuntimeError('I am the second')\n"
        "        torch.distributed.barrier()\n"
    )
    code, out, _ = run(f"{path}:Mine", "--check", "processes")
    assert (code, "RuntimeError: I am the second" in out) == (2, True), out


def test_nothing_compared(run, tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("class Mine:\n    pass\n")
    code, out, _ = run(f"{path}:Mine")
    assert code == 5
    assert "nothing compared: the candidate has no method that is compared" in out


def test_usage(run):
    for wrong in (["nowhere.py:Mine"], [f"{STRANGE}:Nobody"], ["--check", "nonsense"]):
        code, out, err = run(*wrong)
        assert (code, out) == (4, "")
        assert "Invalid value" in err


def test_what_is_no_model_and_no_number(run, tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(
        "class Mine:\n    def build(self, *_):\n        return 3\n\n"
        "    def loss(self, *_):\n        pass\n"
    )
    code, _, err = run(f"{path}:Mine", "--check", "loss")
    assert (code, "build returned a int, expected a torch Module" in err) == (4, True)


@pytest.mark.thorough
def test_other_names_and_shapes(judged):
    rows = judged(strange.OtherNames, "initial").rows
    assert {"MISSING_OURS", "MISSING_THEIRS", "SHAPE"} == {row.status for row in rows}
    for check in ("loss", "steps", "dropout", "run"):
        outcome = judged(strange.OtherNames, check)
        assert outcome.different[0].status == "MISSING_OURS", check
        assert outcome.causes == []


def test_fewer_steps_and_fewer_tokens(judged):
    (steps,) = judged(strange.Stops, "steps").different
    assert steps.note == "12 steps were taken, expected 20"
    shapes = judged(strange.Stops, "masks").different
    assert [row.status for row in shapes] == ["SHAPE", "SHAPE"]


@pytest.fixture
def judged():
    from parity.pretraining.candidate import TrainingCandidate
    from parity.pretraining.suite import PRETRAINING

    return lambda kind, check: PRETRAINING.checks[check].run(
        TrainingCandidate(kind(), kind.__name__)
    )
