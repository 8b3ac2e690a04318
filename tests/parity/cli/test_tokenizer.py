"""`parity tokenizer`: exit codes, what goes where, and a rerun that shows the same again."""

import json
import shlex
from functools import partial

import pytest

from parity.cli.main import main

NOTHING = ["--no-scalars", "--no-files", "--strings", "0", "--calls", "0"]
BROKEN = "tests/parity/strangers/broken_tokenizers.py"


@pytest.fixture
def run(command_line, few_words):
    return partial(command_line, main, "tokenizer")


def test_parity(run):
    code, out, err = run("--text", "Stra\\u00dfe [MASK]\\u200b", "--text", "two")
    assert code == 0, out
    assert "parity: 0 of 14 differ from transformers" in out
    assert "\nagain: parity tokenizer --text" in out
    assert err == ""


def test_a_divergence_is_told_with_its_rerun(run):
    name = f"{BROKEN}:FinalSigma"
    code, out, _ = run(name, *NOTHING[:3], "1500", *NOTHING[4:], "--format", "json")
    report = json.loads(out)
    assert (code, report["verdict"]) == (1, "diverges")
    assert report["unsupported"] == ["calls"] or "return_offsets_mapping" in report["unsupported"]
    for fact in ("transformers", "tokenizers", "python", "seed", "rerun", "candidate"):
        assert fact in report["environment"]
    (difference,) = next(c["differences"] for c in report["checks"] if c["differences"])
    assert difference["rule"].startswith("lower case")

    code, out, _ = run(name, *shlex.split(difference["rerun"]))
    assert code == 1
    assert difference["rule"] in out


@pytest.mark.slow
def test_a_call_is_drawn_again_by_its_seed(run):
    """Slow: the command is run twice, and builds seven tokenizers of either side each time."""
    name = f"{BROKEN}:PaddingOfTypeOne"
    code, out, _ = run(name, *NOTHING[:4], "--calls", "200", "--seed", "7", "--format", "json")
    assert code == 1
    calls = [check for check in json.loads(out)["checks"] if check["different"]]
    difference = calls[0]["differences"][0]
    code, again, _ = run(name, *shlex.split(difference["rerun"]), "--format", "json")
    assert code == 1
    found = [check for check in json.loads(again)["checks"] if check["different"]]
    assert found[0]["differences"][0]["call"] == difference["call"]


def test_crashed(run, tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("class Mine:\n    def build(self, folder):\n        return 1 / 0\n")
    code, out, _ = run(f"{path}:Mine", *NOTHING)
    assert code == 2
    assert "crashed: ZeroDivisionError: division by zero\n" in out
    assert f'{path}", line 3, in build' in out

    path.write_text("1 / 0\n")
    code, out, _ = run(f"{path}:Mine", *NOTHING, "--format", "json")
    assert (code, json.loads(out)["verdict"]) == (2, "crashed")
    assert f'{path}", line 1, in <module>' in json.loads(out)["error"]


def test_usage(run):
    for wrong in (["nowhere.py:Mine"], ["--strings", "-1"], ["--text", "\\ud8"]):
        code, out, err = run(*wrong)
        assert (code, out) == (4, "")
        assert "Invalid value" in err or "\\ud8" in err


def test_nothing_compared(run):
    code, out, _ = run(*NOTHING)
    assert code == 5
    assert "nothing compared: 0 texts and calls were compared" in out
