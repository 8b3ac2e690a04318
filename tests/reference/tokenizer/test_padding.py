"""`tokenizer.pad` is the reference's: rows, lists of rows and columns, in every option."""

import copy
import random

import numpy as np
import pytest
import torch
import transformers

from scratch_bert.tokenization import BertTokenizer
from scratch_bert.weights.builtin import minilm


@pytest.fixture(scope="module")
def pair():
    return BertTokenizer.from_pretrained(minilm()), transformers.BertTokenizerFast.from_pretrained(
        minilm()
    )


def drawn(ours, choose):
    """Rows as a data loader gathers them, and options."""
    rows = [
        dict(
            ours("a " * choose.randint(0, 5), return_special_tokens_mask=True),
            labels=choose.random(),
        )
        for _ in range(choose.randint(1, 4))
    ]
    dropped = choose.choice(["labels", "attention_mask", "token_type_ids"])
    for row in rows:
        del row[dropped]
    kind = choose.choice(["rows", "columns", "one"])
    if kind == "columns":
        rows = {name: [row[name] for row in rows] for name in rows[0]}
    if kind == "one":
        rows = {name: column for name, column in rows[0].items() if name != "labels"}
    options = {
        "padding": choose.choice([True, False, "longest", "max_length", "do_not_pad"]),
        "max_length": choose.choice([None, 3, 8]),
        "pad_to_multiple_of": choose.choice([None, 1, 4]),
        "padding_side": choose.choice([None, "left", "right"]),
        # False with a mask in the rows: the reference leaves that mask short.
        "return_attention_mask": choose.choice([None, True]),
    }
    return rows, options


def test_random_rows_and_options(pair):
    ours, theirs = pair
    choose = random.Random(0)
    for _ in range(300):
        rows, options = drawn(ours, choose)
        expected = theirs.pad(copy.deepcopy(rows), verbose=False, **options)
        assert dict(ours.pad(copy.deepcopy(rows), **options)) == dict(expected), (rows, options)


@pytest.mark.parametrize("kind", ["pt", "np"])
def test_tensors(pair, kind):
    ours, theirs = pair
    rows = [dict(ours(text)) for text in ("a", "a b c")]
    mine, other = ours.pad(rows, return_tensors=kind), theirs.pad(rows, return_tensors=kind)
    for name, column in other.items():
        assert mine[name].dtype == column.dtype
        assert (mine[name] == column).all()


@pytest.mark.parametrize("make", [torch.tensor, np.array])
def test_rows_may_be_tensors(pair, make):
    ours, _ = pair
    rows = [{"input_ids": make([101, 102])}, {"input_ids": make([101, 1037, 102])}]
    assert ours.pad(rows)["input_ids"] == [[101, 102, 0], [101, 1037, 102]]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ({"ids": [1]}, r"there are no input_ids, only \['ids'\]"),
        ([], r"there are no input_ids, only \[\]"),
        ({"input_ids": [[1], [2]], "labels": [1]}, "columns differ in length"),
    ],
)
def test_what_cannot_be_padded_is_refused(pair, rows, message):
    with pytest.raises(ValueError, match=message):
        pair[0].pad(rows)
