"""What all tools do alike, seen at two of them: texts in, files out, and what is refused."""

import json
import runpy
import sys
from functools import partial
from pathlib import Path

import pytest

from scratch_bert.cli.inspection_tools import run as run_tool

ROOT = Path(__file__).parents[3]


@pytest.fixture
def run(command_line):
    def command(tool, *arguments, stdin=b""):
        made = runpy.run_path(str(ROOT / "tools" / f"{tool}.py"))["command"]
        return command_line(partial(run_tool, made, f"{tool}.py"), *arguments, stdin=stdin)

    return command


@pytest.mark.parametrize(
    "tool", ["token_flow", "embeddings", "attention_maps", "hidden_states", "cls_evolution"]
)
def test_each_tool_prints_and_writes(tool, run, tmp_path):
    code, out, err = run(tool, "An unaffable cat.", "--pair", "Ä dog.")
    assert (code, err) == (0, "")
    assert "An unaffable cat. | Ä dog." in out
    assert "\x1b" not in out
    assert run(tool, "An unaffable cat.", "-o", tmp_path / "new" / "it.json") == (0, "", "")
    found = json.loads((tmp_path / "new" / "it.json").read_text())
    assert "##ffa" in found.get("tokens", ["##ffa"])
    code, out, _ = run(tool, "--help")
    assert (code, "--checkpoint" in out, "-o" in out) == (0, True, True)


def test_files_by_their_names(run, tmp_path):
    begins = {".png": b"\x89PNG", ".svg": b"<?xml", ".html": b"<!doctype html>", ".json": b"{"}
    for kind, first in begins.items():
        assert run("token_flow", "a", "-o", tmp_path / f"it{kind}") == (0, "", "")
        assert (tmp_path / f"it{kind}").read_bytes().startswith(first)


def test_lines(run, tmp_path):
    _, out, _ = run("token_flow", stdin="a cat\n\ndög".encode())
    titles = [line for line in out.splitlines() if line.startswith("token flow")]
    assert titles == ["token flow: a cat", "token flow: (empty)", "token flow: dög"]
    run("token_flow", "-o", tmp_path / "it.json", stdin=b"a cat\nb\n")
    assert [len(each["tokens"]) for each in json.loads((tmp_path / "it.json").read_text())] == [
        4,
        3,
    ]
    run("cls_evolution", "-o", tmp_path / "all.json", stdin=b"a cat\nb\n")
    assert json.loads((tmp_path / "all.json").read_text())["texts"] == ["a cat", "b"]


def test_layer_and_head(run):
    _, out, _ = run("attention_maps", "a cat", "--layer", 2, "--head", 3)
    assert "shown: layer 2, head 3" in out
    _, out, _ = run("attention_maps", "a cat", "--reference", "--checkpoint", "builtin:adversarial")
    assert "beside HuggingFace's: equal bit for bit, in every layer and head" in out


@pytest.mark.parametrize(
    ("tool", "arguments", "message"),
    [
        ("token_flow", ["a\udcff"], "is not UTF-8"),
        ("token_flow", [], "there is none, and none on standard input"),
        ("token_flow", ["a", "--pair", "b", "--pair", "c"], "give 1, one per TEXT"),
        ("token_flow", ["a", "-o", "it.pdf"], "it.pdf: expected a file's name that ends with .png"),
        ("token_flow", ["a", "b", "-o", "it.png"], "it.png shows one text, and there are 2"),
        ("attention_maps", ["a", "b", "-o", "it.html"], "it.html shows one text, and there are 2"),
        ("token_flow", ["a", "--checkpoint", "builtin:huge"], "there are builtin:minilm"),
        ("hidden_states", ["a", "--checkpoint", "./nowhere"], "./nowhere: there is no such folder"),
        ("hidden_states", ["a", "the " * 511], "text 2: has 513 tokens, and the model takes 512"),
        ("cls_evolution", ["a", "the " * 511], "text 2: has 513 tokens, and the model takes 512"),
        ("attention_maps", ["a", "--layer", "6"], "layer is 6, expected 0 to 5"),
        ("attention_maps", ["a", "--head", "12"], "head is 12, expected 0 to 11"),
    ],
)
def test_usage(tool, arguments, message, run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, _, err = run(tool, *arguments)
    assert code == 4
    assert message in err
    assert "Traceback" not in err
    assert [*tmp_path.iterdir()] == []


def test_lines_that_are_no_text(run):
    code, out, err = run("token_flow", stdin=b"a\n\xff")
    assert (code, out) == (4, "")
    assert "standard input, line 2: not UTF-8" in err


def test_a_file_that_cannot_be_written(run, tmp_path):
    (tmp_path / "file").touch()
    code, _, err = run("token_flow", "a", "-o", tmp_path / "file" / "it.json")
    assert code == 4
    assert "it.json: cannot be written: " in err


def test_what_is_not_installed(run, tmp_path, monkeypatch):
    for name in [each for each in sys.modules if each.startswith("scratch_bert.inspection.f")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    code, _, err = run("token_flow", "a", "-o", tmp_path / "it.png")
    assert code == 4
    assert "matplotlib is not installed: pip install 'scratch-bert[inspection]'" in err
