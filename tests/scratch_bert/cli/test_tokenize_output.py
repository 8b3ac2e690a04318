"""What is written for programs, and what a person sees."""

import io
import json

import pytest
from rich.console import Console

from scratch_bert.cli import tokenize_output
from scratch_bert.cli.tokenize_lines import LineSpan
from scratch_bert.cli.tokenize_output import KEYS, View, write_ids, write_json

CLS = LineSpan(("",), 0, ["[CLS]"], [2], [0], [(0, 0)])
FIRST = LineSpan(("Née !",), 0, ["ne", "##e", "!"], [7, 8, 9], [0] * 3, [(0, 2), (2, 3), (4, 5)])
SECOND = LineSpan((" 京 東",), 5, ["京", "[UNK]"], [10, 1], [0, 0], [(6, 7), (8, 9)])
EMPTY = LineSpan(("",), 0, [], [], [], [])


def written(write, row):
    out = io.BytesIO()
    write(iter(row), out)
    return out.getvalue().decode()


def seen(row, title="", width=80, **options):
    file = io.StringIO()
    console = Console(file=file, width=width, **{"force_terminal": False, **options})
    View(console, unknown_id=1).show(iter(row), title)
    return file.getvalue()


@pytest.mark.parametrize("size", [0, 1, 10, 1 << 16])
def test_json(size, monkeypatch):
    monkeypatch.setattr(tokenize_output, "PART", size)
    line = written(write_json, [CLS, FIRST, EMPTY, SECOND])
    assert line.endswith("}\n")
    assert line.count("\n") == 1
    assert "京" in line
    assert json.loads(line) == {
        "tokens": ["[CLS]", "ne", "##e", "!", "京", "[UNK]"],
        "input_ids": [2, 7, 8, 9, 10, 1],
        "token_type_ids": [0] * 6,
        "offset_mapping": [[0, 0], [0, 2], [2, 3], [4, 5], [6, 7], [8, 9]],
    }
    assert tuple(json.loads(written(write_json, [EMPTY])).items()) == tuple((k, []) for k in KEYS)


def test_ids():
    assert written(write_ids, [CLS, EMPTY, FIRST, SECOND]) == "2 7 8 9 10 1\n"
    assert written(write_ids, [EMPTY]) == "\n"


def test_the_view():
    assert seen([FIRST], "a title") == (
        "a title\n"
        "Né|e !\n"
        "\n"
        "tokens  ne   ##e  !\n"
        "ids     7    8    9\n"
        "chars   0:2  2:3  4:5\n"
        "\n"
        "3 tokens\n"
        "\n"
    )


def test_the_view_of_a_part_of_a_line():
    lines = seen([CLS, SECOND]).splitlines()
    assert " 京 東" in lines
    assert "chars   6:7  8:9" in lines
    assert lines[-2] == "3 tokens, 1 unknown"


def test_the_view_of_a_pair():
    row = LineSpan(("a b", "c"), 0, ["a", "b", "c"], [7, 8, 9], [0, 0, 1], [(0, 1), (2, 3), (0, 1)])
    lines = seen([row]).splitlines()
    assert lines[:2] == ["a b", "c"]
    assert "types   0    0    1" in lines


def test_wide_characters_stand_over_their_ids():
    lines = seen([SECOND]).splitlines()
    assert lines[2:4] == ["tokens  京   [UNK]", "ids     10   1"]


@pytest.mark.parametrize("width", [20, 40, 80, 120])
def test_the_view_fits(width):
    numbers = range(200)
    tokens, spans = ["x" * (1 + i % 9) for i in numbers], [(i, i + 1) for i in numbers]
    row = LineSpan(("x y" * 67,), 0, tokens, [1000 + i for i in numbers], [0] * 200, spans)
    lines = seen([row], width=width).splitlines()
    assert max(map(len, lines)) <= width
    assert not any(line.endswith(" ") for line in lines[-30:])
    blocks = [line for line in lines if line.startswith("tokens")]
    assert sum(len(line.split()) - 1 for line in blocks) == 200


def test_what_would_not_show_is_spelled_out():
    row = LineSpan(("a\x1b[31m\u200bb",), 0, ["a\x1b"], [7], [0], [(0, 1)])
    shown = seen([row])
    assert "a\\x1b[31m\\u200bb\n" in shown
    assert "tokens  a\\x1b\n" in shown
    assert "\x1b" not in shown


def test_colors(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    options = {"force_terminal": True, "color_system": "standard"}
    shown = seen([CLS, FIRST], **options)
    assert "\x1b[36mne\x1b[0m" in shown
    assert "\x1b[35m##e\x1b[0m" in shown
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[3" not in seen([CLS, FIRST], **options)
