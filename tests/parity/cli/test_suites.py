"""`parity pretraining`, `finetuning` and `inference`: exit codes, causes, and the rerun."""

import json
import re
import shlex
from functools import partial

import pytest

from parity.cli.main import main
from tests.parity.strangers import strange_trainings as strange

STRANGERS = "tests/parity/strangers/strange"
SUITES = ("pretraining", "finetuning", "inference")


@pytest.fixture
def run(command_line):
    return partial(command_line, main)


@pytest.fixture
def mine(tmp_path):
    """Write a file with a candidate; returns its name."""

    def write(text):
        (tmp_path / "mine.py").write_text(text)
        return f"{tmp_path / 'mine.py'}:Mine"

    return write


@pytest.mark.parametrize(
    ("suite", "checks", "lines"),
    [
        ("pretraining", "masks initial", ["parity: 105 of 105 comparisons hold", "48 of 48"]),
        ("finetuning", "align windows", ["comparisons hold"]),
        ("inference", "next embed", ["parity: 75 of 75 comparisons hold", "18 of 18"]),
    ],
)
def test_parity(suite, checks, lines, run):
    """Slow: it imports HuggingFace's model, and starts the place that processes fork from."""
    command = [suite, *(word for check in checks.split() for word in ("--check", check))]
    code, out, err = run(*command)
    assert (code, err) == (0, ""), out
    assert [line for line in lines if line not in out] == [], out
    assert f"\nagain: parity {' '.join(command)}" in out


@pytest.mark.parametrize(
    ("suite", "candidate", "check", "cause", "lines", "compared"),
    [
        (
            "pretraining",
            f"{STRANGERS}_trainings.py:MasksInPlace",
            "masks",
            "masks-in-place",
            [
                "masks, ids that were changed in place: VALUE, .* %, expected 0.00 %",
                "cause: the ids that were given are changed",
                r"fix    ids.clone\(\) first",
            ],
            24,
        ),
        (
            "finetuning",
            f"{STRANGERS}_finetunings.py:AllPieces",
            "align",
            "align-every-piece",
            [
                r"cause: all pieces of a word have its tag \[align-every-piece\]",
                "fix    a word's first piece has its tag, all other tokens -100",
            ],
            None,
        ),
        (
            "inference",
            "parity.inference.mistaken:answers-null-of-best",
            "answer",
            "answers-null-of-best",
            [
                "answer:\n  perhaps no answer, '",
                "cause: that there is no answer has the highest score of all windows",
                r"fix    the score of \[CLS\] as start and end, the lowest of all windows",
            ],
            36,
        ),
    ],
)
def test_a_divergence_is_told_with_its_cause_and_its_rerun(
    suite, candidate, check, cause, lines, compared, run
):
    code, out, _ = run(suite, candidate, "--check", check)
    assert code == 1
    assert [line for line in lines if not re.search(line, out)] == []
    (again,) = [line for line in out.splitlines() if line.startswith("  again")]
    _, *arguments = shlex.split(again.removeprefix("  again"))
    assert arguments[0] == suite

    code, out, _ = run(*arguments, "--format", "json")
    report = json.loads(out)
    assert (code, report["verdict"], report["causes"]) == (1, "diverges", [cause])
    (found,) = report["checks"]
    assert found["check"] == check
    assert 0 < found["different"] < found["compared"]
    assert compared in (None, found["compared"])
    for fact in ("candidate", "transformers", "torch", "threads", "rerun"):
        assert fact in report["environment"]


@pytest.mark.parametrize(
    ("suite", "method", "check", "lacks"),
    [
        (
            "pretraining",
            "pairs",
            "pairs",
            "initial      not compared: the candidate has no initial",
        ),
        ("finetuning", "align", "align", "classify     not compared: the candidate has no build"),
        ("inference", "next_sentence", "next", "classify     not compared: the candidate has no c"),
    ],
)
def test_crashed(suite, method, check, lacks, run, mine):
    candidate = mine(f"class Mine:\n    def {method}(self, *_, **__):\n        return 1 / 0\n")
    code, out, _ = run(suite, candidate)
    assert code == 2
    for line in (lacks, f"crashed: the candidate, in {check}", "mine.py", "ZeroDivisionError"):
        assert line in out
    code, out, _ = run(suite, mine("1 / 0\n"))
    assert (code, f"crashed: {candidate} cannot be loaded" in out) == (2, True)


@pytest.mark.parametrize("suite", SUITES)
def test_nothing_compared(suite, run, mine):
    code, out, _ = run(suite, mine("class Mine:\n    pass\n"))
    assert code == 5
    says = "nothing compared: the candidate has no method that is compared"
    assert f"{says}; see parity/{suite}/candidate.py" in out


@pytest.mark.parametrize("suite", SUITES)
def test_usage(suite, run):
    nobody = f"{STRANGERS}_trainings.py:Nobody"
    for wrong in (["nowhere.py:Mine"], [nobody], ["--check", "nonsense"]):
        code, out, err = run(suite, *wrong)
        assert (code, out) == (4, "")
        assert "Invalid value" in err
    assert "expected some of " in err


@pytest.mark.slow
def test_one_of_two_processes_that_crashes(run, mine):
    """The other, which waits for it, is ended."""
    candidate = mine(
        "import os, torch\nfrom parity.ours.pretraining import ScratchTraining\n\n"
        "class Mine(ScratchTraining):\n"
        "    def train(self, *given):\n        yield from super().train(*given)\n"
        "        if os.environ['RANK'] == '1':\n            raise RuntimeError('I am the second')\n"
        "        torch.distributed.barrier()\n"
    )
    code, out, _ = run("pretraining", candidate, "--check", "processes")
    assert (code, "RuntimeError: I am the second" in out) == (2, True), out


def test_what_is_no_model_and_no_number(run, mine):
    candidate = mine("class Mine:\n    def build(self, *_): return 3\n    def loss(self, *_): 0\n")
    code, _, err = run("pretraining", candidate, "--check", "loss")
    assert (code, "build returned a int, expected a torch Module" in err) == (4, True)


def test_odd_answers(run, mine):
    candidate = mine(
        "class Mine:\n"
        "    def next_sentence(self, folder, texts, pairs):\n"
        "        return [{'label': 'IsNext'} for _ in texts]\n"
        "    def embed(self, folder, texts, pooling, normalize):\n"
        "        return [[0.0] * 32]\n"
    )
    code, out, _ = run("inference", candidate)
    assert code == 1
    begins = "next:\n  pairs, 'Paris is the capital of France.': MISSING_OURS, has no field score\n"
    assert begins in out
    assert "  mean, all texts: SHAPE, returned 1 results, expected one for each of 19 texts" in out
    assert "known: no known mistake of embed does this" in out

    candidate = mine("class Mine:\n    def embed(self, *_, **__):\n        return open\n")
    code, _, err = run("inference", candidate)
    assert code == 4
    assert "embed returned a builtin_function_or_method, expected lists" in " ".join(err.split())


@pytest.mark.slow
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
