"""vocab.txt and the table in tokenizer.json, whole and damaged."""

import pytest

from scratch_bert.errors import CheckpointError
from scratch_bert.files import read_object
from scratch_bert.tokenization.files.vocabulary import (
    SPECIAL,
    inverse,
    parse_vocabulary,
    read_vocabulary,
    vocabulary_in,
    vocabulary_text,
)


def test_line_numbers_are_ids(tmp_path):
    path = tmp_path / "vocab.txt"
    path.write_text("\n".join([*SPECIAL, "un", "##aff"]) + "\n")
    assert read_vocabulary(path) == {token: i for i, token in enumerate([*SPECIAL, "un", "##aff"])}
    assert inverse(read_vocabulary(path))[5] == "un"


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("", {}),
        ("\n", {"": 0}),
        ("a", {"a": 0}),
        ("a\n\n\n", {"a": 0, "": 2}),
        ("a\nb\na", {"a": 2, "b": 1}),
        ("a\r\nb\r\r\n", {"a": 0, "b": 1}),
        (" a\rb\x0c\n", {" a\rb": 0}),
        ("\ufeffa\n", {"\ufeffa": 0}),
        ("a\u2028b\u2028\n\x85c\x85\n", {"a\u2028b": 0, "\x85c": 1}),
        ("a\x00\nb\x1c\nc\u200b\n", {"a\x00": 0, "b\x1c": 1, "c\u200b": 2}),
    ],
)
def test_lines(text, ids):
    assert parse_vocabulary(text) == ids


@pytest.mark.parametrize(
    ("ids", "text"),
    [
        ({"b": 1, "a": 0}, "a\nb\n"),
        ({}, ""),
        ({"a": 0, "": 1}, "a\n\n"),
        ({"a": 0, "b": 2}, None),
        ({"a\nb": 0}, None),
        ({"a ": 0}, None),
    ],
)
def test_text(ids, text):
    assert vocabulary_text(ids) == text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "there is no such file"),
        (b"[PAD]\n[UNK]\n\xff\n", "vocab.txt, line 3: not UTF-8"),
        ("folder", "vocab.txt: cannot be read: Is a directory"),
    ],
)
def test_damage_is_named(tmp_path, content, message):
    path = tmp_path / "vocab.txt"
    if content == "folder":
        path.mkdir()
    elif content is not None:
        path.write_bytes(content)
    with pytest.raises(CheckpointError, match=message):
        read_vocabulary(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "tokenizer.json, line 1: not JSON"),
        ("{}", "has no model with a vocab"),
        ('{"model": []}', "has no model with a vocab"),
        ('{"model": {"vocab": ["a"]}}', "has no model with a vocab"),
        ('{"model": {"type": "BPE", "vocab": {}}}', "holds a BPE vocabulary, expected WordPiece"),
        ('{"model": {"vocab": {"a": "b"}}}', "'a' has 'b', expected an id"),
        ('{"model": {"vocab": {"a": true}}}', "'a' has True, expected an id"),
        ('{"model": {"vocab": {"a": -1}}}', "'a' has -1, expected an id"),
        ('{"model": {"vocab": {"a": 4294967296}}}', "expected an id"),
        ('{"model": {"vocab": {"a": 1, "b": 1}}}', "id 1 is both 'a' and 'b'"),
    ],
)
def test_damage_in_tokenizer_json_is_named(tmp_path, content, message):
    path = tmp_path / "tokenizer.json"
    path.write_text(content)
    with pytest.raises(CheckpointError, match=message):
        vocabulary_in(read_object(path), path)
