"""`parity inference`: exit codes, what is said where something is wrong, and the rerun."""

import json
import shlex
from functools import partial

import pytest

from parity.cli.main import main

STRANGE = "tests/parity/strangers/strange_inferences.py"


@pytest.fixture
def run(command_line):
    return partial(command_line, main, "inference")


def test_parity(run):
    """Slow: it imports HuggingFace's model, and starts the place that processes fork from."""
    code, out, err = run("--check", "next", "--check", "embed")
    assert (code, err) == (0, ""), out
    assert "parity: 75 of 75 comparisons hold" in out
    assert "18 of 18" in out
    assert "\nagain: parity inference --check next --check embed" in out


def test_a_divergence_is_told_with_its_cause_and_its_rerun(run):
    code, out, _ = run("parity.inference.mistaken:answers-null-of-best", "--check", "answer")
    assert code == 1
    assert "answer:\n  perhaps no answer, '" in out
    assert "cause: that there is no answer has the highest score of all windows" in out
    assert "mend   the score of [CLS] as start and end, the lowest of all windows" in out
    (again,) = [line for line in out.splitlines() if line.startswith("  again")]
    _, _, *arguments = shlex.split(again.removeprefix("  again"))

    code, out, _ = run(*arguments, "--format", "json")
    report = json.loads(out)
    assert (code, report["verdict"]) == (1, "diverges")
    assert report["causes"] == ["answers-null-of-best"]
    (check,) = report["checks"]
    assert (check["check"], check["compared"]) == ("answer", 36)
    assert 0 < check["different"] < 36


def test_crashed(run, tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("class Mine:\n    def next_sentence(self, *_, **__):\n        return 1 / 0\n")
    code, out, _ = run(f"{path}:Mine")
    assert code == 2
    assert "classify     not compared: the candidate has no classify" in out
    assert "crashed: the candidate, in next" in out
    assert "ZeroDivisionError" in out


def test_odd_answers(run, tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(
        "class Mine:\n"
        "    def next_sentence(self, folder, texts, pairs):\n"
        "        return [{'label': 'IsNext'} for _ in texts]\n"
        "    def embed(self, folder, texts, pooling, normalize):\n"
        "        return [[0.0] * 32]\n"
    )
    code, out, _ = run(f"{path}:Mine")
    assert code == 1
    assert (
        "next:\n  pairs, 'Paris is the capital of France.': MISSING_OURS, has no field score\n"
        in out
    )
    assert "  mean, all texts: SHAPE, returned 1 results, expected one for each of 19 texts" in out
    assert "known: no known mistake of embed does this" in out

    path.write_text("class Mine:\n    def embed(self, *_, **__):\n        return open\n")
    code, _, err = run(f"{path}:Mine")
    assert code == 4
    assert "embed returned a builtin_function_or_method, expected lists" in " ".join(err.split())


def test_nothing_compared(run, tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("class Mine:\n    pass\n")
    code, out, _ = run(f"{path}:Mine")
    assert code == 5
    assert "no method that is compared; see parity/inference/candidate.py" in out


def test_usage(run):
    for wrong in (["nowhere.py:Mine"], [f"{STRANGE}:Nobody"], ["--check", "nonsense"]):
        code, out, err = run(*wrong)
        assert (code, out) == (4, "")
        assert "Invalid value" in err
