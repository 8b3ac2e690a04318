"""The plugin in a pytest of its own: within this one, but where another process is what matters."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

STRANGERS = Path(__file__).parent / "strangers"
FUSED = STRANGERS / "berts" / "fused.py"
MINE = """
import parity
from parity.ours.model import ScratchBert


class Mine(ScratchBert):
    unsupported = ("position_ids",)

    def build(self, config, weights):
        model = super().build(config, weights)
        for layer in model.bert.encoder.layer:
            layer.attention.self.dropout.p = 0.0
        model.bert.encoder.layer[1].output.LayerNorm.eps = 1e-5
        return model


@parity.parametrize_with_checks(Mine, expected_failures={expected})
def test_mine(check):
    check()
"""
NORM = "encoder.layer.1.output.LayerNorm"
AFTER = ("encoder.layer.1", "pooler*", "encoder.layer.2*", "cls.*", "*_logits")


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        """Not pytester's: that forgets what was imported meanwhile, which torch cannot bear."""
        code = pytest.main(["-p", "no:cacheprovider", *arguments])
        out, err = (text.splitlines() for text in capsys.readouterr())
        return pytest.RunResult(code, out, err, duration=0)

    return run


@pytest.mark.slow
def test_each_check_is_a_test(run, tmp_path):
    result = run(f"--parity-candidate={FUSED}:Fused", "-k", "pair or order", "--junitxml=x.xml")
    result.assert_outcomes(passed=4)
    report = (tmp_path / "x.xml").read_text()
    assert '<testcase classname="parity" name="padded pairs"' in report
    assert '<property name="required_tolerance" value="' in report
    assert '<property name="reference" value="transformers ' in report


def test_a_message_that_says_what_to_do(run):
    name = f"{FUSED}:Fused_1_eps"
    result = run(f"--parity-candidate={name}", "-k", "sentence")
    result.assert_outcomes(failed=1)
    stage = "encoder.layer.1.attention.output.LayerNorm"
    result.stdout.fnmatch_lines(
        [
            f"{name} on 'sentence': {stage}: VALUE, max abs diff *, allowed *",
            f"born here, though its input was right: {stage}",
            f"again: parity check {name} --checkpoint builtin:adversarial --probe 'sentence' *",
        ]
    )


def test_a_crash(run):
    hostile = STRANGERS / "hostile_berts.py"
    result = run(f"--parity-candidate={hostile}:Raises", "-k", "sentence")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*RuntimeError: the attention is broken"])


def test_a_candidate_there_is_not(run):
    result = run("--parity-candidate=nowhere.py:Bert", "-k", "pair or sentence")
    result.assert_outcomes(failed=4)
    result.stdout.fnmatch_lines(["nowhere.py: there is no such file"] * 4)


@pytest.mark.slow
def test_under_xdist(pytester, monkeypatch):
    """Slow: two Pythons are started, and one for the candidate. A law needs no model beside it."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    name = f"--parity-candidate={FUSED}:Fused"
    pytester.runpytest_subprocess(name, "-k", "determinism", "-n", "1").assert_outcomes(passed=1)


def test_a_checkpoint_there_is_not(run):
    result = run(f"--parity-candidate={FUSED}:Fused", "--parity-checkpoint=builtin:nothing")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--parity-checkpoint: *builtin:nothing*"])


@pytest.fixture
def written(tmp_path):
    def write(**expected):
        """A file of another name each time: a process imports a name once."""
        path = tmp_path / f"test_{tmp_path.name}.py"
        path.write_text(MINE.replace("{expected}", repr(expected)))

    return write


def test_expected_failures(run, written):
    stages = dict.fromkeys((NORM, *AFTER), "the original's eps is another")
    written(dropout="none on the probabilities", **stages)
    result = run("-k", "dropout or pair and not gradients and not padded or positions")
    result.assert_outcomes(passed=1, xfailed=1, skipped=1)


@pytest.mark.slow
def test_one_that_does_not_fail_is_an_error(run, written):
    written(determinism="it wavers", **{"embeddings": "no position"})
    result = run("-k", "determinism or pair and not gradients and not padded")
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["*embeddings was expected to fail on 'pair' (no position), but*"])
    result.stdout.fnmatch_lines(["*XPASS(strict)* it wavers*"])


def test_one_that_nothing_is_called_is_an_error(run, written):
    written(poler="has none")
    result = run()
    result.assert_outcomes(errors=1)
    message = "*expected_failures: 'poler' is no check and no stage, did you mean pooler?"
    result.stdout.fnmatch_lines([message])


def test_nothing_is_imported_before_somebody_asks():
    program = "import sys, parity.pytest_plugin; print({'torch', 'transformers'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "set()"
