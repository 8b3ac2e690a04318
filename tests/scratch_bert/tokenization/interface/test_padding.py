"""A call's options about lengths, all combinations; columns filled up."""

from itertools import product

import pytest

from scratch_bert.tokenization.files.settings import NO_LIMIT
from scratch_bert.tokenization.interface.padding import PADDINGS, PaddedLengths, read_lengths
from scratch_bert.tokenization.interface.truncation import STRATEGIES


def read(padding=False, truncation=None, max_length=None, multiple=None, limit=NO_LIMIT):
    return read_lengths(padding, truncation, max_length, multiple, limit)


@pytest.mark.parametrize(
    ("options", "lengths"),
    [
        ({}, ("do_not_pad", "do_not_truncate", None, None)),
        ({"max_length": 8}, ("do_not_pad", "longest_first", 8, None)),
        ({"max_length": 0}, ("do_not_pad", "longest_first", 0, None)),
        ({"max_length": 8, "truncation": False}, ("do_not_pad", "do_not_truncate", 8, None)),
        ({"max_length": 8, "padding": True}, ("longest", "do_not_truncate", 8, None)),
        ({"padding": True}, ("longest", "do_not_truncate", None, None)),
        ({"padding": "max_length", "max_length": 8}, ("max_length", "do_not_truncate", 8, None)),
        ({"padding": "do_not_pad", "max_length": 8}, ("do_not_pad", "do_not_truncate", 8, None)),
        ({"truncation": True, "max_length": 8}, ("do_not_pad", "longest_first", 8, None)),
        # without a length, the model's
        ({"limit": 5}, ("do_not_pad", "do_not_truncate", 5, None)),
        ({"truncation": True, "limit": 5}, ("do_not_pad", "longest_first", 5, None)),
        ({"padding": "max_length", "limit": 5}, ("max_length", "do_not_truncate", 5, None)),
        (
            {"truncation": True, "max_length": 8, "limit": 5},
            ("do_not_pad", "longest_first", 8, None),
        ),
        # and where the model has none
        ({"truncation": True}, ("do_not_pad", "do_not_truncate", None, None)),
        ({"padding": "max_length"}, ("do_not_pad", "do_not_truncate", None, None)),
        ({"padding": True, "truncation": "only_first"}, ("longest", "do_not_truncate", None, None)),
        ({"truncation": True, "limit": 10**20}, ("do_not_pad", "longest_first", 10**20, None)),
        ({"truncation": True, "limit": 10**20 + 1}, ("do_not_pad", "do_not_truncate", None, None)),
        # multiples
        ({"padding": True, "multiple": 8}, ("longest", "do_not_truncate", None, 8)),
        (
            {"padding": True, "truncation": True, "max_length": 16, "multiple": 8},
            ("longest", "longest_first", 16, 8),
        ),
        ({"padding": True, "max_length": 9, "multiple": 8}, ("longest", "do_not_truncate", 9, 8)),
        (
            {"truncation": True, "max_length": 9, "multiple": 8},
            ("do_not_pad", "longest_first", 9, 8),
        ),
        (
            {"padding": True, "truncation": True, "multiple": 0},
            ("longest", "do_not_truncate", None, 0),
        ),
    ],
)
def test_options(options, lengths):
    assert read(**options) == PaddedLengths(*lengths)


def test_names_are_taken_as_they_are():
    for padding, truncation in product(PADDINGS, STRATEGIES):
        assert read(padding, truncation, 8) == PaddedLengths(padding, truncation, 8, None)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"padding": "left"}, r"^padding is 'left', expected a bool or one of \('longest', 'max_"),
        ({"padding": None}, "^padding is None, expected a bool"),
        (
            {"truncation": "first"},
            r"^truncation is 'first', expected a bool or one of \('longest_f",
        ),
        ({"max_length": -1}, "^max_length is -1, expected 0 or more$"),
        ({"multiple": -8}, "^pad_to_multiple_of is -8, expected 0 or more$"),
        (
            {"padding": True, "truncation": True, "max_length": 9, "multiple": 8},
            "^max_length is 9, expected a multiple of pad_to_multiple_of, 8, "
            "where texts are both truncated and padded$",
        ),
        (
            {"padding": True, "truncation": True, "multiple": 8, "limit": 9},
            "^max_length is 9, expected a multiple of pad_to_multiple_of, 8",
        ),
        (
            {"padding": "max_length", "truncation": "only_first", "max_length": 9, "multiple": 0},
            "^max_length is 9, expected a multiple of pad_to_multiple_of, 0",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        read(**options)


@pytest.mark.parametrize(
    ("padding", "max_length", "multiple", "longest", "padded"),
    [
        ("do_not_pad", 8, 4, 5, None),
        ("longest", None, None, 5, 5),
        ("longest", 8, None, 5, 5),
        ("longest", None, 4, 5, 8),
        ("longest", None, 4, 8, 8),
        ("longest", None, 0, 5, 5),
        ("longest", None, 4, 0, 0),
        ("max_length", 8, None, 5, 8),
        ("max_length", 6, 4, 5, 8),
        ("max_length", 6, None, 9, 6),
        ("max_length", 0, 4, 5, 0),
    ],
)
def test_the_length_rows_are_padded_to(padding, max_length, multiple, longest, padded):
    assert PaddedLengths(padding, "do_not_truncate", max_length, multiple).padded(longest) == padded
