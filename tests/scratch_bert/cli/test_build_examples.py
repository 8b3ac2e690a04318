import json
from functools import partial

import pytest

from scratch_bert.cli.main import main
from scratch_bert.tokenization.files.vocabulary import SPECIAL


@pytest.fixture
def run(tmp_path, command_line, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.txt").write_text("A b c.\nD e f.\n\nF e d c b a.\nA.\n")
    (tmp_path / "vocab.txt").write_text("\n".join([*SPECIAL, *"abcdef.", "A", ""]))
    return partial(command_line, main, "build-examples", "--corpus=text.txt", "--vocab=vocab.txt")


def test_what_is_printed(run, tmp_path):
    code, out, err = run("--output", "-", "--seq-length", "12", "--dupe-factor", "2")
    assert code in (0, None)
    examples = json.loads(out)
    assert out == json.dumps(examples, separators=(",", ":"))  # nothing else, no line end
    assert all(len(ids) == len(segments) <= 12 for ids, segments, *_ in examples)
    assert err.startswith(f"{len(examples)} examples of 2 documents: ")
    run("--output", "made.json", "--seq-length", "12", "--dupe-factor", "2")
    assert (tmp_path / "made.json").read_text() == out
    assert run("-o", "-", "--seq-length", "12", "--dupe-factor", "2", "--seed", "1")[1] != out


def test_capitals(run):
    cased, uncased = (run("-o", "-", *more)[1] for more in (["--cased"], []))
    upper = SPECIAL.index("[MASK]") + 8
    assert upper in [i for ids, *_ in json.loads(cased) for i in ids]
    assert cased != uncased


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--corpus", "none.txt"], "--corpus: none.txt: cannot be read: No such file"),
        (["--corpus", "."], "--corpus: .: cannot be read: Is a directory"),
        (["--vocab", "none.txt"], "--vocab: none.txt: there is no such file"),
        (["--vocab", "text.txt"], "--vocab: text.txt: the vocabulary lacks [CLS] and"),
        (["--output", "text.txt/x"], "--output: text.txt/x: cannot be written: "),
        (["--seq-length", "4"], "--seq-length"),
    ],
)
def test_usage(arguments, message, run):
    code, out, err = run("--output", "-", *arguments)
    assert (code, out) == (4, "")
    assert message in " ".join(err.split())
