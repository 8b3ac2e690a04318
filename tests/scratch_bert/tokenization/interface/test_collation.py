"""Rows made columns, and filled up."""

import numpy as np
import pytest
import torch

from scratch_bert.tokenization.interface.collation import columns_of, pad_columns, pad_rows
from scratch_bert.tokenization.interface.padding import PaddedLengths


@pytest.mark.parametrize(
    ("side", "ids", "mask"),
    [("right", [5, 6, 0, 0], [1, 1, 9, 9]), ("left", [0, 0, 5, 6], [9, 9, 1, 1])],
)
def test_columns(side, ids, mask):
    columns = {"attention_mask": (1, 1), "input_ids": [5, 6], "labels": [1]}
    fillers = {"input_ids": 0, "attention_mask": 9, "token_type_ids": 3}
    padded = {"attention_mask": mask, "input_ids": ids, "labels": [1]}
    assert pad_columns(columns, 4, fillers, side) == padded
    assert columns["input_ids"] == [5, 6]


def test_a_long_column_stays():
    assert pad_columns({"input_ids": [5, 6]}, 1, {"input_ids": 0}, "left") == {"input_ids": [5, 6]}


@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        ({"input_ids": [1, 2]}, {"input_ids": [1, 2]}),
        ({"input_ids": ((1, 2), (3,))}, {"input_ids": [[1, 2], [3]]}),
        (
            [{"input_ids": [1], "n": 7}, {"input_ids": (2,), "n": 8}],
            {"input_ids": [[1], [2]], "n": [7, 8]},
        ),
        ({"input_ids": np.array([[1, 2]])}, {"input_ids": [[1, 2]]}),
        ([{"input_ids": torch.tensor([1])}], {"input_ids": [[1]]}),
        (({"input_ids": [1]},), {"input_ids": [[1]]}),
        ({"input_ids": [np.int64(1)], "text": "a"}, {"input_ids": [1], "text": "a"}),
    ],
)
def test_columns_of_rows(rows, columns):
    assert columns_of(rows) == columns


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ({"labels": [1]}, r"^there are no input_ids, only \['labels'\]$"),
        ([], r"^there are no input_ids, only \[\]$"),
    ],
)
def test_what_has_no_columns(rows, message):
    with pytest.raises(ValueError, match=message):
        columns_of(rows)


def test_columns_have_as_many_rows():
    rows = {"input_ids": [[1], [2]], "labels": [1]}
    lengths = PaddedLengths("longest", "do_not_truncate", None, None)
    with pytest.raises(
        ValueError, match=r"columns differ in length: {'input_ids': 2, 'labels': 1}"
    ):
        pad_rows(rows, lengths, "right", 0, with_mask=True)
