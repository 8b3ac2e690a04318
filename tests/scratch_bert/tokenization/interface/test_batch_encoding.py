"""A batch by name and by row; its maps; tensors."""

import copy
import pickle

import numpy as np
import pytest
import torch

from scratch_bert.tokenization.interface.batch_encoding import (
    BatchEncoding,
    CharSpan,
    TokenSpan,
    as_tensors,
)
from scratch_bert.tokenization.interface.encoding import Encoding, Frame
from scratch_bert.tokenization.interface.pieces import Details, Pieces

FRAME = Frame(("[CLS]", 101), ("[SEP]", 102), ("[PAD]", 0))


def details(words):
    places = tuple((2 * i, 2 * i + 1) for i in range(len(words)))
    return Details(tuple(map(ord, words)), words, places, tuple(range(len(words))))


def row(*texts):
    return Encoding(FRAME, [Pieces(tuple(map(ord, words)), words, details) for words in texts])


ROWS = [row("ab", "c"), row("de")]


@pytest.fixture
def batch():
    return BatchEncoding({"input_ids": [each.ids for each in ROWS], "length": [6, 4]}, ROWS)


def test_by_name_and_by_row(batch):
    assert batch["length"] == [6, 4]
    assert batch.input_ids == [row.ids for row in ROWS]
    assert (batch[0], batch[-1]) == (ROWS[0], ROWS[1])
    assert batch[0:2] == ROWS
    assert list(batch) == ["input_ids", "length"]
    assert "length" in batch
    assert dict(**batch) == {"input_ids": batch.input_ids, "length": [6, 4]}
    assert batch.n_sequences == 2


def test_what_is_not_there(batch):
    with pytest.raises(AttributeError, match="there is no column 'labels'"):
        _ = batch.labels
    with pytest.raises(KeyError, match="labels"):
        batch["labels"]
    with pytest.raises(IndexError):
        batch[2]
    assert BatchEncoding({}).n_sequences is None
    assert BatchEncoding({}).encodings == []


def test_copies(batch):
    shallow = copy.copy(batch)
    shallow["length"] = [0]
    assert (batch["length"], shallow.encodings) == ([6, 4], ROWS)
    for other in (copy.deepcopy(batch), pickle.loads(pickle.dumps(batch))):  # noqa: S301
        assert other.data == batch.data
        assert other.tokens(1) == ["[CLS]", "d", "e", "[SEP]"]


def test_rows(batch):
    assert batch.tokens() == ["[CLS]", "a", "b", "[SEP]", "c", "[SEP]"]
    assert batch.tokens(1) == ["[CLS]", "d", "e", "[SEP]"]
    assert batch.word_ids() == [None, 0, 1, None, 0, None]
    assert batch.word_ids(1) == [None, 0, 1, None]
    assert batch.sequence_ids() == [None, 0, 0, None, 1, None]
    assert batch.sequence_ids(1) == [None, 0, 0, None]


@pytest.mark.parametrize(
    ("method", "arguments", "found"),
    [
        ("token_to_sequence", (4,), 1),
        ("token_to_sequence", (0, 4), 1),
        ("token_to_sequence", (1, 2), 0),
        ("token_to_sequence", (1, 0), None),
        ("token_to_word", (2,), 1),
        ("token_to_word", (1, 1), 0),
        ("token_to_chars", (2,), CharSpan(2, 3)),
        ("token_to_chars", (1, 1), CharSpan(0, 1)),
        ("token_to_chars", (1, 0), None),
        ("char_to_token", (2,), 2),
        ("char_to_token", (1, 0), 1),
        ("char_to_token", (0, 0, 1), 4),
        ("char_to_token", (0, 1), None),
        ("char_to_word", (2,), 1),
        ("char_to_word", (1, 0), 0),
        ("char_to_word", (0, 2, 1), None),
        ("word_to_tokens", (1,), TokenSpan(2, 3)),
        ("word_to_tokens", (1, 0), TokenSpan(1, 2)),
        ("word_to_tokens", (0, 0, 1), TokenSpan(4, 5)),
        ("word_to_tokens", (0, 7), None),
        ("word_to_chars", (1,), CharSpan(2, 3)),
        ("word_to_chars", (1, 1), CharSpan(2, 3)),
        ("word_to_chars", (0, 0, 1), CharSpan(0, 1)),
    ],
)
def test_maps(batch, method, arguments, found):
    result = getattr(batch, method)(*arguments)
    assert result == found
    assert type(result) is type(found)


def test_maps_of_the_second_text_by_name(batch):
    assert batch.char_to_token(0, sequence_index=1) == 4
    assert batch.char_to_word(0, sequence_index=1) == 0
    assert batch.word_to_tokens(0, sequence_index=1) == (4, 5)
    assert batch.word_to_chars(0, sequence_index=1) == (0, 1)


def test_spans_have_names():
    assert (CharSpan(1, 2).start, TokenSpan(1, 2).end) == (1, 2)


def test_a_word_that_is_not_there_has_no_characters(batch):
    with pytest.raises(ValueError, match="there is no word 7 of text 1 in this row"):
        batch.word_to_chars(0, 7, 1)


def test_tensors_move_and_lists_stay():
    batch = BatchEncoding({"input_ids": torch.zeros(1, 2), "words": ["a"]})
    assert batch.to("meta") is batch
    assert batch["input_ids"].device.type == "meta"
    assert batch["words"] == ["a"]


@pytest.mark.parametrize(("kind", "tensor", "dtype"), [
    ("np", np.ndarray, np.int64), ("pt", torch.Tensor, torch.int64)
])  # fmt: skip
def test_tensors(kind, tensor, dtype):
    columns = {
        "input_ids": [[1, 2], [3, 4], [5, 6]],
        "offset_mapping": [[(0, 1), (1, 2)]] * 3,
        "length": [2, 2, 2],
        "nothing": [[]],
    }
    made = as_tensors(columns, kind)
    assert list(made) == list(columns)
    assert all(isinstance(column, tensor) and column.dtype == dtype for column in made.values())
    shapes = [tuple(column.shape) for column in made.values()]
    assert shapes == [(3, 2), (3, 2, 2), (3,), (1, 0)]
    assert made["input_ids"].tolist() == columns["input_ids"]


def test_no_tensors():
    with pytest.raises(ValueError, match="return_tensors is 'tf', expected 'pt' or 'np'"):
        as_tensors({}, "tf")
    message = (
        "^input_ids: rows have 1 to 3 tokens and cannot form a tensor; "
        "pass padding=True, and truncation=True where texts overflow$"
    )
    for kind in ("np", "pt"):
        with pytest.raises(ValueError, match=message):
            as_tensors({"input_ids": [[1, 2, 3], [1], [1]]}, kind)
