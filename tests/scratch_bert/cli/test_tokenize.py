"""`scratch-bert tokenize`: what goes where, and what is refused."""

import json
import sys
from functools import partial

import pytest

from scratch_bert.cli.main import main
from scratch_bert.cli.tokenize import TokenFormat
from scratch_bert.tokenization import BertTokenizer
from tests.memory import measure


@pytest.fixture
def run(command_line):
    return partial(command_line, main, "tokenize")


def test_json_is_what_the_tokenizer_returns(run):
    texts = ["Unaffâble [MASK]!", "", "東京"]
    code, out, err = run(*texts)
    assert (code, err) == (0, "")
    tokenizer = BertTokenizer.from_pretrained("builtin:minilm")
    batch = tokenizer(texts, return_offsets_mapping=True)
    rows = [json.loads(line) for line in out.splitlines()]
    assert [row.pop("tokens") for row in rows] == [batch.tokens(i) for i in range(3)]
    del batch.data["attention_mask"]
    assert rows == [
        {name: json.loads(json.dumps(column[i])) for name, column in batch.items()}
        for i in range(3)
    ]


def test_ids(run):
    assert run("a cat", "--format", "ids") == (0, "101 1037 4937 102\n", "")
    assert run("a cat", "--format", "ids", "--no-special-tokens")[1] == "1037 4937\n"
    assert (
        run("a cat", "b", "--format", "ids", "--max-length", 3)[1] == "101 1037 102\n101 1038 102\n"
    )


def test_pairs(run):
    _, out, _ = run("a", "b", "--pair", "cat", "--pair", "")
    types = [json.loads(line)["token_type_ids"] for line in out.splitlines()]
    assert types == [[0, 0, 0, 1, 1], [0, 0, 0, 1]]


def test_human(run):
    _, out, _ = run("a cat", "b", "--format", "human")
    assert out.startswith("text 1\na cat\n\ntokens  [CLS]  a     cat   [SEP]\n")
    assert "\ntext 2\nb\n" in out


def test_a_terminal_gets_the_view(run, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert run("a cat")[1].startswith("a cat\n\ntokens  [CLS]")
    assert run("a cat", "--format", "ids")[1] == "101 1037 4937 102\n"


def test_a_file_is_for_programs(run, monkeypatch, tmp_path):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert run("a cat", "-o", tmp_path / "rows") == (0, "", "")
    assert json.loads((tmp_path / "rows").read_text())["input_ids"] == [101, 1037, 4937, 102]


def test_lines(run, tmp_path):
    (tmp_path / "a").write_bytes(b"a\r\n\nb")
    (tmp_path / "b").write_bytes(b"cat\n")
    ids = ["101 1037 102", "101 102", "101 1038 102", "101 4937 102"]
    options = ["--format", "ids", "--file", tmp_path / "a", "--file"]
    assert run(*options, tmp_path / "b")[1].splitlines() == ids
    assert run(*options, "-", stdin=b"cat")[1].splitlines() == ids
    assert run("--format", "ids", stdin=b"a\n\nb\ncat")[1].splitlines() == ids
    assert run("--format", "ids")[1] == ""
    titles = run("--format", "human", *options[2:], tmp_path / "b")[1].splitlines()
    assert [t for t in titles if ":" in t and t.startswith(str(tmp_path))] == [
        *(f"{tmp_path}/a:{n}" for n in (1, 2, 3)),
        f"{tmp_path}/b:1",
    ]


@pytest.mark.parametrize("form", TokenFormat)
def test_what_is_written_to_a_file_is_what_is_printed(form, run, tmp_path):
    printed = run("a cat", "東", "--format", form)[1]
    run("a cat", "東", "--format", form, "-o", tmp_path / "new" / "rows")
    assert (tmp_path / "new" / "rows").read_text("utf-8") == printed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a", "--file", "b"], "give TEXT or --file, not both"),
        (["a", "b", "--pair", "c"], "give 2, one per TEXT"),
        (["--pair", "c"], "give each beside a TEXT"),
        (["a\udcff"], "is not UTF-8"),
        (["a", "--pair", "\udcff"], "is not UTF-8"),
        (["a", "--checkpoint", "builtin:huge"], "there are builtin:minilm"),
        (["a", "--max-length", "1"], "expected at least 2"),
        (["a", "--pair", "b", "--max-length", "2"], "expected at least 3"),
        (["a", "--format", "xml"], "'xml' is not one of 'human', 'jsonl', 'ids'"),
        (["--file", "nowhere.txt"], "nowhere.txt: cannot be read: No such file"),
        (["--file", "."], ".: cannot be read: Is a directory"),
    ],
)
def test_usage(arguments, message, run):
    code, out, err = run(*arguments)
    assert (code, out) == (4, "")
    assert message in err


def test_a_file_that_cannot_be_written(run, tmp_path):
    (tmp_path / "file").touch()
    code, _, err = run("a", "-o", tmp_path / "file" / "rows")
    assert code == 4
    assert "rows: cannot be written: " in err


@pytest.mark.parametrize("before", [b"good\n", b"good\n" + b"long " * 40_000])
def test_not_utf8(before, run, tmp_path):
    (tmp_path / "bad").write_bytes(before + b"\xff")
    (tmp_path / "rows").write_text("kept")
    code, out, err = run("--file", tmp_path / "bad", "-o", tmp_path / "rows")
    assert (code, out) == (4, "")
    assert f"{tmp_path}/bad, line 2: not UTF-8" in err
    assert (tmp_path / "rows").read_text() == "kept"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bad", "rows"]
    code, out, err = run("--format", "ids", stdin=before + b"\xff")
    assert (code, out.splitlines()[0]) == (4, "101 2204 102")
    assert "standard input, line 2: not UTF-8" in err


@pytest.mark.slow
def test_memory_does_not_grow_with_a_line(tmp_path):
    """A line of 2 MB; slow, since half a million tokens take their time."""
    program = f"""
from pathlib import Path
from scratch_bert.cli.main import main
from tests.memory import peak
place = Path({str(tmp_path)!r})
def held(size):
    (place / "line").write_bytes(b"word, " * (size // 6))
    try:
        main(["tokenize", "--file", str(place / "line"), "-o", str(place / "rows")])
    except SystemExit as done:
        assert done.code == 0
    return peak()
small = held(300_000)
print((held(2_000_000) - small) / 1e6)
"""
    assert measure(program) < 8
