"""Ids of added tokens; how files declare them is test_checkpoint_folder.py."""

import pytest

from scratch_bert.errors import CheckpointError
from scratch_bert.tokenization.files.added_tokens import Declaration, check_ids, with_ids
from scratch_bert.tokenization.files.settings import AddedToken, TokenizerSettings

VOCABULARY = {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "[MASK]": 4, "a": 5}


def declare(*pairs):
    return [Declaration(AddedToken(content), f"entry {content}", i) for content, i in pairs]


@pytest.mark.parametrize(
    ("pairs", "ids"),
    [
        ([("x", None), ("y", None)], [6, 7]),
        ([("x", 6), ("a", 5), ("y", 7)], [6, 5, 7]),
        ([("a", None), ("x", None)], [5, 6]),
    ],
)
def test_ids_follow_the_vocabulary(pairs, ids):
    assert list(with_ids(VOCABULARY, declare(*pairs), "vocab.txt")) == ids


def test_after_a_high_id_comes_a_higher_one():
    declared = declare(("far", 30), ("x", None))
    assert list(with_ids(VOCABULARY | {"far": 30}, declared, "")) == [30, 31]


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ([("x", 7)], "entry x: 'x' has id 7, but after vocab.txt .* comes next and gets id 6"),
        ([("a", 6)], "entry a: 'a' has id 6, but after vocab.txt .* has id 5"),
        ([("x", 5)], "entry x: 'x' has id 5, but .* gets id 6"),
        ([("x", 6), ("y", 6)], "entry y: 'y' has id 6, but .* gets id 7"),
        ([("x", 6), ("x", 7)], "entry x: 'x' has id 7, but .* has id 6"),
    ],
)
def test_another_id_than_the_next_is_named(pairs, message):
    with pytest.raises(CheckpointError, match=message):
        with_ids(VOCABULARY, declare(*pairs), "vocab.txt")


def test_a_gap_in_the_vocabulary_makes_ids_collide():
    vocabulary = {"a": 0, "b": 2}
    with pytest.raises(CheckpointError, match="'x' gets id 2 after 2 pieces, but v has 'b' there"):
        with_ids(vocabulary, declare(("x", None)), "v")


def test_ids_that_files_cannot_say_are_named():
    check_ids(TokenizerSettings(VOCABULARY, added_tokens={7: AddedToken("y"), 6: AddedToken("x")}))
    with pytest.raises(CheckpointError, match="added_tokens: 'y' has id 7, but after the vocab"):
        check_ids(TokenizerSettings(VOCABULARY, added_tokens={7: AddedToken("y")}))
