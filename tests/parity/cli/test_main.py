"""The command line's contract: exit codes, what goes where, JSON's shape, the rerun command."""

import json
import math
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from parity import reference
from parity.cli.main import main
from parity.cli.options import written
from parity.core.verdict import EXIT_CODES
from parity.ours import checkpoint as scratch
from parity.ours.published import recognize
from tests import forked

ROOT = Path(__file__).parents[3]
ONE_STAGE = ["--checkpoint", "builtin:adversarial", "--stage", "embeddings*"]


@pytest.fixture
def run(command_line):
    return partial(command_line, main, "diff")


@pytest.fixture
def wrong_eps(monkeypatch):
    load = scratch.load

    def load_wrong(*args, **options):
        model = load(*args, **options)
        model.bert.embeddings.LayerNorm.eps = 1e-5
        return model

    monkeypatch.setattr(scratch, "load", load_wrong)


def test_parity(run):
    code, out, err = run("A text.", *ONE_STAGE)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].split() == ["stage", "status", "max", "abs", "max", "rel", "bit-equal"]
    assert [line.split()[0] for line in lines[1:7]] == [
        "embeddings.word_embeddings",
        "embeddings.token_type_embeddings",
        "embeddings.position_embeddings",
        "embeddings.sum",
        "embeddings.LayerNorm",
        "embeddings",
    ]
    assert all(line.split()[1:] == ["MATCH", "0", "0", "yes"] for line in lines[1:7])
    assert lines[8] == "parity: 6 of 6 tensors equal bit for bit"
    assert f"transformers {reference.VERSIONS['transformers']}" in out
    assert lines[-1] == (
        "again: parity diff 'A text.' --checkpoint builtin:adversarial --stage 'embeddings*'"
    )


def test_lines_fit_a_terminal_of_80_columns(run):
    code, out, _ = run("--checkpoint", "builtin:adversarial")
    assert code == 0
    table = out.split("\n\n")[0].splitlines()
    assert max(map(len, table)) <= 80


def test_diverges(run, wrong_eps):
    code, out, _ = run(*ONE_STAGE)
    assert code == 1
    lines = out.splitlines()
    marked = lines[lines.index("▲ first divergence") - 1]
    assert marked.startswith("embeddings.LayerNorm ")
    assert "\nfirst divergence: embeddings.LayerNorm: VALUE, max abs diff " in out
    assert out.count("VALUE") == 3  # the stage, the one after it, and the summary


def test_json(run, wrong_eps, tmp_path):
    path = tmp_path / "report.json"
    code, out, _ = run(*ONE_STAGE, "--format", "json", "-o", str(path))
    assert code == 1
    report = json.loads(out)
    assert json.loads(path.read_text()) == report
    assert report["verdict"] == "diverges"
    assert set(report["first_divergence"]) == {"stage", "probe", "lane", "max_abs", "allowed"}
    assert report["first_divergence"]["stage"] == "embeddings.LayerNorm"
    assert report["compared"] == len(report["stages"]) == 6
    contract = {"name", "probe", "lane", "status", "max_abs", "max_rel", "allowed"}
    assert all(contract <= set(stage) for stage in report["stages"])
    assert (report["born"], report["unsupported"], report["causes"]) == ([], [], [])
    assert report["environment"]["rerun"].startswith("parity diff --checkpoint")
    for stage in report["stages"]:
        counts = stage.get("histogram", {})
        assert sum(counts.values()) == (0 if stage["bit_equal"] else math.prod(stage["shape"]))


def test_texts_from_stdin(run):
    lines = b"A cat.\nAnd a second, longer line.\n"
    code, out, _ = run("-", *ONE_STAGE, "--format", "json", stdin=lines)
    report = json.loads(out)
    assert (code, report["stages"][0]["shape"][:2]) == (0, [2, 9])
    assert "parity diff 'A cat.' 'And a second, longer line.' " in report["environment"]["rerun"]
    for text, message in (
        (b"", "there is none on standard input"),
        (b"a\n\xff", "line 2: not UTF-8"),
    ):
        code, _, err = run("-", stdin=text)
        assert (code, message in err) == (4, True)


def test_half_a_character_in_a_name_is_written_as_json_has_it(tmp_path):
    name = {"candidate": "\udcff.py:Bert"}
    assert written(tmp_path / "report.json", json.dumps(name, ensure_ascii=False))
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8")) == name


@pytest.mark.slow
def test_a_text_that_is_cut_is_told(run):
    code, out, _ = run("word " * 600, "short", *ONE_STAGE)
    assert code == 0
    assert "\nnote: text 1 has 602 tokens; both models read 512\n" in out
    code, out, _ = run("word " * 510, *ONE_STAGE, "--format", "json")
    assert not any("text 1 has" in note for note in json.loads(out)["notes"])


def test_json_has_no_nan(run, monkeypatch):
    load = scratch.load

    def load_nan(*args, **options):
        model = load(*args, **options)
        model.bert.embeddings.LayerNorm.bias.data.fill_(float("nan"))
        return model

    monkeypatch.setattr(scratch, "load", load_nan)
    code, out, _ = run(*ONE_STAGE, "--format", "json")
    assert code == 1
    assert "NaN" not in out
    assert "Infinity" not in out


def test_crashed(run, monkeypatch):
    monkeypatch.setattr(scratch, "forward", lambda *_: 1 / 0)
    code, out, _ = run(*ONE_STAGE)
    assert code == 2
    assert "ZeroDivisionError: division by zero" in out
    assert "crashed: Traceback" in out


def test_not_comparable(run, tmp_path):
    (tmp_path / "config.json").write_text("{")
    code, out, _ = run("--checkpoint", str(tmp_path))
    assert code == 3
    assert f"not comparable: {tmp_path}/config.json, line 1: not JSON" in out
    code, out, _ = run("--checkpoint", str(tmp_path), "--format", "json")
    assert code == 3
    assert json.loads(out)["verdict"] == "not_comparable"
    assert "not JSON" in json.loads(out)["error"]


def test_the_reference_is_not_the_candidate(run, monkeypatch):
    monkeypatch.setattr(reference, "forward", lambda *_: 1 / 0)
    code, out, _ = run(*ONE_STAGE)
    assert code == 3
    assert "ZeroDivisionError" in out


FUSED = str(Path(__file__).parents[1] / "strangers" / "berts" / "fused.py")


@pytest.mark.slow
def test_a_candidate_in_scratch_berts_place(run):
    options = ["--checkpoint", "builtin:adversarial", "--stage", "encoder.layer.1*"]
    code, out, _ = run("A text.", "--candidate", f"{FUSED}:Fused_1_tanh", *options)
    stage = "encoder.layer.1.intermediate"
    assert code == 1
    assert f"first divergence: {stage}: VALUE" in out
    assert [line for line in out.splitlines() if line.startswith("born")] == [
        f"born here, though its input was right: {stage}"
    ]
    code, out, _ = run("--candidate", f"{FUSED}:Fused", "--format", "json", *options)
    report = json.loads(out)
    assert (code, report["verdict"]) == (0, "parity")
    assert {row["name"].partition(".attention")[0] for row in report["stages"]} >= {
        "encoder.layer.1"
    }
    assert run("--candidate", f"{FUSED}:Nobody")[0] == 4


def test_a_probe_in_the_texts_place(run):
    code, out, _ = run("--probe", "holes in the mask", *ONE_STAGE, "--format", "json")
    report = json.loads(out)
    assert (code, report["compared"], report["stages"][0]["shape"]) == (0, 6, [2, 12, 48])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--probe", "pair", "A text."], "give texts or a probe, not both"),
        (["--probe", "dropout"], "dropout is for `parity check` alone"),
        (["--probe", "nothing"], "nothing: no such probe, expected some of sentence, "),
        (["--candidate", "a.py:B", "--dtype", "float32"], "brings its own attention, dtype and"),
    ],
)
def test_what_does_not_go_together(arguments, message, run):
    code, _, err = run(*arguments)
    assert code == 4
    assert message in " ".join(err.replace("│", " ").split())


def test_a_report_that_cannot_be_written(run, tmp_path):
    (tmp_path / "file").touch()
    code, out, err = run(*ONE_STAGE, "-o", str(tmp_path / "file" / "report.json"))
    assert code == 4
    assert "report.json: cannot be written" in err
    assert "parity: 6 of 6" in out


@pytest.mark.slow
def test_a_reader_who_leaves_is_no_divergence():
    """In a shell, whose pipe is closed; slow, since it starts a Python of its own."""
    program = "from parity.cli.main import main; main()"
    command = f"{sys.executable} -c '{program}' diff --checkpoint builtin:adversarial"
    shell = f"set -o pipefail; {command} 2>&1 | head -1"
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True)  # noqa: S607
    assert done.stdout.startswith("stage")
    assert "Traceback" not in done.stdout
    assert done.returncode not in EXIT_CODES.values()


def test_a_candidate_that_cannot_be_imported_has_crashed(tmp_path):
    """A slip of the pen in a copy."""
    for package in ("scratch_bert", "parity"):
        shutil.copytree(ROOT / package, tmp_path / package)
    with (tmp_path / "scratch_bert" / "model" / "pooler.py").open("a") as file:
        file.write("(")
    program = "from parity.cli.main import main; main(['diff'])"
    command = [sys.executable, "-c", program]
    done = forked.run(command, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert "pooler.py" in done.stdout
    assert "SyntaxError" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--frobnicate"], "No such option"),
        (["--checkpoint", "/no/such/folder"], "there is no such folder"),
        (["--checkpoint", "builtin:huge"], "there are builtin:minilm"),
        (["--attention", "flash"], "'flash' is not one of 'eager', 'sdpa'"),
        (["--dtype", "int8"], "'int8' is not one of"),
        (["--device", "toaster"], "toaster"),
        (["--device", "meta"], "meta"),
        (["--seed", "-1"], "--seed"),
        (["--checkpoint", ""], "neither a folder nor a hub id"),
        (["a\udcff"], "is not UTF-8"),
        (["-o", "report.txt"], "a report is written to FILE.html, FILE.json, FILE.png or"),
        (["one text", "--pair", "a", "--pair", "b"], "give 1, one per TEXT"),
    ],
)
def test_usage(arguments, message, run):
    code, out, err = run(*arguments)
    assert code == 4
    assert message in err
    assert out == ""


def test_nothing_compared(run):
    code, out, _ = run("--stage", "no such stage")
    assert code == 5
    assert "nothing compared: no stage has such a name" in out


def test_color_is_for_terminals_only(run, monkeypatch, wrong_eps):
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in run(*ONE_STAGE)[1]
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[3" not in run(*ONE_STAGE)[1]
    monkeypatch.delenv("FORCE_COLOR")
    assert "\x1b[" not in run(*ONE_STAGE)[1]


@pytest.mark.parametrize("form", ["human", "json"])
def test_env(form, command_line):
    code, out, _ = command_line(main, "env", "--format", form)
    assert code == 0
    facts = json.loads(out) if form == "json" else dict(x.split(None, 1) for x in out.splitlines())
    assert {"torch", "transformers", "threads", "processor"} <= set(facts)


def test_a_stand_in_is_not_taken_for_the_real_file(tmp_path):
    (tmp_path / "model.safetensors").touch()
    assert recognize(tmp_path) is None
