"""vocab.txt, whole and damaged."""

import json

import pytest

from scratch_bert.errors import CheckpointError
from scratch_bert.tokenization.vocabulary import (
    SPECIAL,
    find_vocabulary,
    inverse,
    read_vocabulary,
)


def test_line_numbers_are_ids(tmp_path):
    path = tmp_path / "vocab.txt"
    path.write_text("\n".join([*SPECIAL, "un", "##aff"]) + "\n")
    assert read_vocabulary(path) == {token: i for i, token in enumerate([*SPECIAL, "un", "##aff"])}
    assert inverse(read_vocabulary(path))[5] == "un"


def test_the_last_of_two_counts(tmp_path):
    path = tmp_path / "vocab.txt"
    path.write_text("\n".join([*SPECIAL, "a", "b", "a"]))
    assert read_vocabulary(path)["a"] == 7


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "there is no such file"),
        (b"[PAD]\n[UNK]\n", r"lacks \[CLS\], \[SEP\], \[MASK\]; is it a BERT vocabulary"),
        (b"[PAD]\n[UNK]\n\xff\n", "vocab.txt, line 3: not UTF-8"),
        (b"", "lacks"),
    ],
)
def test_damage_is_named(tmp_path, content, message):
    path = tmp_path / "vocab.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CheckpointError, match=message):
        read_vocabulary(path)


def test_the_table_in_tokenizer_json(tmp_path):
    ids = {token: i for i, token in enumerate([*SPECIAL, "un"])}
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps({"model": {"type": "WordPiece", "vocab": ids}}))
    assert find_vocabulary(tmp_path) == ids
    (tmp_path / "vocab.txt").write_text("\n".join([*SPECIAL, "other"]))
    assert "other" in find_vocabulary(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "tokenizer.json: not a tokenizer's file"),
        ("[]", "tokenizer.json: not a tokenizer's file"),
        ('{"model": {"type": "BPE", "vocab": {}}}', "holds a BPE vocabulary, expected WordPiece"),
        ('{"model": {"type": "WordPiece", "vocab": {"a": "b"}}}', "expected WordPiece with ids"),
        ('{"model": {"type": "WordPiece", "vocab": {"a": 0}}}', "lacks"),
        (None, "vocab.txt: there is no such file"),
    ],
)
def test_damage_in_tokenizer_json_is_named(tmp_path, content, message):
    if content is not None:
        (tmp_path / "tokenizer.json").write_text(content)
    with pytest.raises(CheckpointError, match=message):
        find_vocabulary(tmp_path)
