"""Lines of any length become what the tokenizer makes of them as a whole."""

import io
import random
from itertools import chain

import pytest

from scratch_bert.cli import input_lines, tokenize_lines
from scratch_bert.cli.input_lines import read_lines
from scratch_bert.cli.tokenize_lines import Encoder, LineSpan, seam
from scratch_bert.tokenization import AddedToken, BertTokenizer

# Spaces and what joins, punctuation, ideographs, marks that trade places, one character of three
# pieces, words the vocabulary lacks, tokens that take spaces with them or mind their neighbors.
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
    for each in (input_lines, tokenize_lines):
        monkeypatch.setattr(each, "PART", 64)
    monkeypatch.setattr(tokenize_lines, "MARGIN", 24)


def parts_of(line):
    lines = read_lines(io.BytesIO(line.encode()), "file", lambda count: None)
    ((_, parts),) = [(number, list(parts)) for number, parts in lines]
    return parts


def columns(row):
    stretches = list(row)
    return [list(chain.from_iterable(s[column] for s in stretches)) for column in range(2, 6)]


@pytest.mark.sample(4)
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
        parts = parts_of(text)
        row = list(encoder.line(iter(parts)))
        assert columns(row) == columns(encoder.row(text)), text
        assert all(s.texts[0] == text[s.start :][: len(s.texts[0])] for s in row)
        in_stretches += sum(bool(s.texts[0]) for s in row) > 1
    assert in_stretches > 6 or max_length in (2, 7)


def test_a_word_without_end_is_read_to_its_end(tokenizer, short_parts):
    text = "a" * 5000 + " b"
    parts = parts_of(text)
    row = Encoder(tokenizer, False, None, with_text=True).line(iter(parts))
    assert columns(row)[0] == ["[UNK]", "b"]


def test_a_row(tokenizer):
    (row,) = Encoder(tokenizer, True, None, with_text=True).row("Dogs", "")
    assert row == LineSpan(
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
