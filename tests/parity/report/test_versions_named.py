"""Every report names the version of transformers that it judged by."""

import json

import pytest

from parity import reference
from parity.cli.main import main

VERSION = reference.VERSIONS["transformers"]
NAMED = f"transformers {VERSION}"
QUICK = ["--probe", "pair"]
WRITE = {
    "diff": ["diff", "--checkpoint", "builtin:adversarial", "--stage", "embeddings*"],
    "check": ["check", *QUICK],
}
NOTHING_DRAWN = ["--no-files", "--no-scalars", "--strings", "0", "--calls", "0"]
PRINT = {"env": ["env"], "tokenizer": ["tokenizer", "--text", "a", *NOTHING_DRAWN]}


@pytest.fixture
def run(command_line, few_words):
    def command(*arguments):
        code, out, _ = command_line(main, *arguments)
        assert code == 0
        return out

    return command


@pytest.mark.sample(1)
@pytest.mark.parametrize("command", WRITE.values(), ids=WRITE)
def test_reports_that_are_written(run, command, tmp_path):
    path = tmp_path / "report.json"
    assert NAMED in " ".join(run(*command, "-o", path).split())
    assert json.loads(path.read_text())["environment"]["transformers"] == VERSION


@pytest.mark.parametrize("command", PRINT.values(), ids=PRINT)
def test_reports_that_are_printed(run, command):
    assert NAMED in " ".join(run(*command).split())
    report = json.loads(run(*command, "--format", "json"))
    assert report.get("environment", report)["transformers"] == VERSION


def test_recordings(run, tmp_path):
    folder = tmp_path / "theirs"
    assert f"made by {NAMED}" in run("record", folder, *QUICK)
    assert json.loads((folder / "recording.json").read_text())["made_by"] == NAMED
    assert NAMED in " ".join(run("compare", folder, folder).split())
    report = json.loads(run("compare", folder, folder, "--format", "json"))
    assert report["environment"]["made_by"] == NAMED
