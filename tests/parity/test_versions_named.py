"""Every report names the version of transformers that it judged by."""

import json

import pytest

from parity import reference
from parity.cli import main

NAMED = f"transformers {reference.VERSIONS['transformers']}"
QUICK = ["--probe", "pair"]
COMMANDS = {
    "env": ["env"],
    "diff": ["diff", "--checkpoint", "builtin:adversarial", "--stage", "embeddings*"],
    "check": ["check", *QUICK],
    "tokenizer": ["tokenizer", "--text", "a", "--no-files"],
}


@pytest.fixture
def run(capsys):
    def command(*arguments):
        with pytest.raises(SystemExit) as ended:
            main([*map(str, arguments)])
        assert ended.value.code == 0
        return capsys.readouterr().out

    return command


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_reports(run, command):
    assert NAMED in " ".join(run(*command).split())
    report = json.loads(run(*command, "--format", "json"))
    facts = report.get("environment", report)
    assert facts["transformers"] == reference.VERSIONS["transformers"]


def test_recordings(run, tmp_path):
    folder = tmp_path / "theirs"
    assert f"made by {NAMED}" in run("record", folder, *QUICK)
    assert json.loads((folder / "recording.json").read_text())["made_by"] == NAMED
    assert NAMED in " ".join(run("compare", folder, folder).split())
    report = json.loads(run("compare", folder, folder, "--format", "json"))
    assert report["environment"]["made_by"] == NAMED
