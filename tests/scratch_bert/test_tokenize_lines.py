"""Lines of any length become what the tokenizer makes of them as a whole."""

import io
import random
from itertools import chain

import pytest

from scratch_bert import tokenize_lines
from scratch_bert.tokenization import AddedToken, BertTokenizer
from scratch_bert.tokenize_lines import Encoder, InputError, Stretch, read_lines, seam

# Spaces and what joins, punctuation, ideographs, marks that trade places, one character of three
# pieces, words the vocabulary lacks, tokens that take spaces with them or mind their neighbours.
ALPHABET = [
    *("the ", "cat", " ", "\t", "\u3000", "\x0b", "\u200b", ".", "[", "]", "≠", "東", "京", "1"),
    *("é", "e\u0301", "\U0001d165\U0001d16d", "\u302e\u0f71", " \u0f71\u0f72", "각", "😀", "ﷺ"),
    *("[MASK]", " new york ", "NEW YORK", "<x>  ", "ñandú", "!a", "x!a"),
]
ADDED = [
    AddedToken("new york", lstrip=True),
    AddedToken("<x>", rstrip=True, special=True),
    AddedToken("ñandú", single_word=True),
]


@pytest.fixture
def tokenizer():
    return BertTokenizer.from_pretrained("builtin:minilm")


@pytest.fixture
def short_parts(monkeypatch):
    monkeypatch.setattr(tokenize_lines, "PART", 64)
    monkeypatch.setattr(tokenize_lines, "MARGIN", 24)


def lines_of(data, name="file", advance=lambda count: None):
    return [(n, list(parts)) for n, parts in read_lines(io.BytesIO(data), name, advance)]


def columns(row):
    stretches = list(row)
    return [list(chain.from_iterable(s[column] for s in stretches)) for column in range(2, 6)]


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"", []),
        (b"\n", [""]),
        (b"one", ["one"]),
        (b"one\n\ntwo\n", ["one", "", "two"]),
        (b"a\r\nb\x0cc\xe2\x80\xa8d\x1ee", ["a\r", "b\x0cc\u2028d\x1ee"]),
    ],
)
def test_lines_end_at_newlines_only(data, lines):
    assert lines_of(data) == [(n, [line]) for n, line in enumerate(lines, start=1)]


@pytest.mark.parametrize("length", [63, 64, 65, 127, 128, 129, 1000])
@pytest.mark.parametrize("end", ["", "\n", "\nnext"])
def test_a_long_line_comes_in_parts(length, end, short_parts):
    line = ("äöü€😀" * length)[:length]
    found = lines_of((line + end).encode())
    assert [n for n, _ in found] == [1, 2][: 1 + (end == "\nnext")]
    assert "".join(found[0][1]) == line
    assert len(found[0][1]) > len(line.encode()) // 130
    assert max(map(len, found[0][1])) <= 128


def test_what_nobody_wanted_of_a_line_is_skipped(short_parts):
    lines = read_lines(io.BytesIO(b"x" * 1000 + b"\nnext\n"), "file", lambda count: None)
    assert [(n, next(parts)) for n, parts in lines] == [(1, "x" * 64), (2, "next")]


def test_no_line_waits_for_the_next_one():
    class Typed(io.BytesIO):
        def read1(self, size=-1):
            return self.readline()

    file = Typed(b"one\ntwo\n")
    lines = read_lines(file, "file", lambda count: None)
    assert list(next(lines)[1]) == ["one"]
    assert file.tell() == 4


def test_bytes_are_counted(short_parts):
    counts = []
    lines_of(b"abc\n" * 100, advance=counts.append)
    assert (sum(counts), max(counts)) == (400, 64)


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"good\nbad \xff\n", 2),
        (b"\xc3\n\xa4", 1),
        (b"cut \xe2\x82", 1),
        (b"a\n" + b"x" * 200 + b"\xff", 2),
        (b"x" * 127 + b"\xe2", 1),
    ],
)
def test_not_utf8(data, line, short_parts):
    with pytest.raises(InputError, match=f"^file, line {line}: not UTF-8; convert it first"):
        lines_of(data)


def test_a_file_that_cannot_be_read():
    class Broken(io.BytesIO):
        def read1(self, size=-1):
            raise OSError(5, "Input/output error")

    with pytest.raises(InputError, match=r"^file: cannot be read: Input/output error$"):
        list(read_lines(Broken(), "file", lambda count: None))


@pytest.mark.parametrize("special", [True, False])
@pytest.mark.parametrize("max_length", [None, 2, 7, 40, 1000])
@pytest.mark.parametrize("side", ["left", "right"])
def test_stretches_join_to_the_whole(special, max_length, side, tokenizer, short_parts):
    draw = random.Random(0)
    in_stretches = 0
    for i in range(24):
        if i == 12:
            tokenizer.add_tokens(ADDED)
        tokenizer.truncation_side = side
        encoder = Encoder(tokenizer, special, max_length, with_text=True)
        text = "".join(draw.choices(ALPHABET, k=draw.randrange(30, 200)))
        ((_, parts),) = lines_of(text.encode())
        row = list(encoder.line(iter(parts)))
        assert columns(row) == columns(encoder.row(text)), text
        assert all(s.texts[0] == text[s.start :][: len(s.texts[0])] for s in row)
        in_stretches += sum(bool(s.texts[0]) for s in row) > 1
    assert in_stretches > 6 or max_length in (2, 7)


def test_a_word_without_end_is_read_to_its_end(tokenizer, short_parts):
    text = "a" * 5000 + " b"
    ((_, parts),) = lines_of(text.encode())
    row = Encoder(tokenizer, False, None, with_text=True).line(iter(parts))
    assert columns(row)[0] == ["[UNK]", "b"]


def test_a_row(tokenizer):
    (row,) = Encoder(tokenizer, True, None, with_text=True).row("Dogs", "")
    assert row == Stretch(
        ("Dogs", ""),
        0,
        ["[CLS]", "dogs", "[SEP]", "[SEP]"],
        [101, 6077, 102, 102],
        [0, 0, 0, 1],
        [(0, 0), (0, 4), (0, 0), (0, 0)],
    )
    (row,) = Encoder(tokenizer, False, 1, with_text=False).row("Dogs and cats")
    assert row[2:] == ([], [6077], [], [])


def test_no_room(tokenizer):
    with pytest.raises(ValueError, match="max_length is 1, expected at least 2"):
        list(Encoder(tokenizer, True, 1, with_text=True).row("a"))


def test_where_a_text_may_be_cut(monkeypatch):
    monkeypatch.setattr(tokenize_lines, "MARGIN", 3)
    assert seam("a b c de", [0, 2, 4, 6]) == 2
    assert seam("a.b.c.de", [0, 1, 2, 3, 4, 5, 6]) == 3
    assert seam("ab京de", [0, 2, 3]) == 0
    assert seam("a 각de", [0, 2, 2, 2, 3]) == 0
    assert seam("abcdefgh", [0, 2, 4]) == 0
