"""`parity init`: a file, what was proved, and an exit code."""

import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from parity.adapter.request import adapter_for
from parity.cli.main import main
from parity.core.errors import CandidateCrashedError
from scratch_bert.weights.checkpoints import Checkpoint

BERTS = Path(__file__).parents[1] / "strangers" / "plain_berts.py"
UNFIT = BERTS.with_name("unfit_berts.py")


@pytest.fixture
def run(tmp_path, monkeypatch, command_line):
    monkeypatch.chdir(tmp_path)
    return partial(command_line, main, "init")


@pytest.mark.slow
def test_an_adapter_that_check_accepts(run, tmp_path, command_line):
    code, out, _ = run(f"{BERTS}:Transposed")
    assert code == 0
    lines = out.splitlines()
    query = "encoder.layer.{i}.attention.self.query.weight"
    assert f"layers.{{i}}.to_q.W         <- {query}  (transposed)" in lines
    assert "of the reference, have no place:" in lines
    assert "  cls.predictions.bias (30522,)" in lines
    assert "Proved on builtin:adversarial in double precision" in out
    following = "my_bert_adapter.py is written; next: parity check my_bert_adapter.py:Adapter"
    assert lines[-1] == following
    assert command_line(main, "check", "my_bert_adapter.py:Adapter", "--probe", "pair")[0] == 0

    before = (tmp_path / "my_bert_adapter.py").read_text()
    code, _, err = run(f"{BERTS}:Tutorial")
    assert (code, "my_bert_adapter.py is there already" in err) == (4, True)
    assert (tmp_path / "my_bert_adapter.py").read_text() == before
    code, _, _ = run(f"{BERTS}:Tutorial", "--force")
    assert code == 0
    assert "Tutorial of plain_berts.py" in (tmp_path / "my_bert_adapter.py").read_text()


@pytest.mark.slow
def test_a_wrong_model(run, command_line):
    """Slow: all guesses are tried."""
    code, out, _ = run(f"{UNFIT}:WrongEps", "-o", "wrong.py")
    assert code == 1
    assert "Not proved. On builtin:adversarial in double precision (" in out
    assert "Each part alone, given the reference's input: embeddings " in out
    code, out, _ = command_line(main, "check", "wrong.py:Adapter", "--probe", "pair")
    assert (code, "encoder.layer.0.attention.output.LayerNorm" in out) == (1, True)


@pytest.mark.slow
def test_a_file_whose_name_no_import_can_say(run, tmp_path):
    (tmp_path / "my-bert.py").write_text(BERTS.read_text())
    assert run("my-bert.py:Tutorial")[0] == 0
    adapter = (tmp_path / "my_bert_adapter.py").read_text()
    assert 'Tutorial = importlib.import_module("my-bert").Tutorial' in adapter
    done = [sys.executable, "-m", "ruff", "check", "--isolated", "--ignore=RUF012", str(tmp_path)]
    assert subprocess.run(done).returncode == 0


def test_a_crash(run, tmp_path):
    code, out, _ = run(f"{UNFIT}:Crashes")
    assert code == 2
    assert "RuntimeError: no more memory for a toy" in out
    assert not (tmp_path / "my_bert_adapter.py").exists()


def test_usage(run):
    code, _, err = run(f"{BERTS}:Tutorial", "-o", "adapter.txt")
    assert (code, "an adapter is written to FILE.py" in err) == (4, True)
    code, _, err = run(f"{BERTS}:Tutorial", "--checkpoint", "builtin:nothing")
    assert (code, "builtin:nothing" in err) == (4, True)
    code, _, err = run(f"{BERTS}:Nobody")
    assert (code, "has no class and no function Nobody" in err) == (4, True)


@pytest.mark.slow
def test_what_takes_too_long():
    checkpoint = Checkpoint.of("builtin:adversarial")
    with pytest.raises(CandidateCrashedError, match="it took longer than 4 s") as crashed:
        adapter_for(f"{UNFIT}:Loops", checkpoint, Path("a.py"), limit=4)
    assert "unfit_berts.py" in str(crashed.value)
