"""Rows of one text and of a pair; lengths without room are refused."""

import pytest

from scratch_bert.tokenization.interface.encoding import Frame
from scratch_bert.tokenization.interface.layout import check_lengths, lay_out
from scratch_bert.tokenization.interface.padding import PaddedLengths
from scratch_bert.tokenization.interface.pieces import Pieces

FRAME = Frame(("[CLS]", -1), ("[SEP]", -2), ("[PAD]", -3))
BARE = FRAME._replace(shown=False)


def unasked():
    raise AssertionError("nobody asked for details")


def pieces(*ids):
    return Pieces(ids, "", unasked)


def lay(*texts, truncation="longest_first", max_length=None, frame=FRAME, stride=0, side="right"):
    lengths = PaddedLengths("do_not_pad", truncation, max_length, None)
    return [row.ids for row in lay_out(texts, frame, lengths, stride, side)]


ABC, DE = pieces(1, 2, 3), pieces(4, 5)


def test_what_is_not_truncated_is_one_row():
    assert lay(ABC) == [[-1, 1, 2, 3, -2]]
    assert lay(ABC, DE) == [[-1, 1, 2, 3, -2, 4, 5, -2]]
    assert lay(ABC, truncation="do_not_truncate", max_length=3) == [[-1, 1, 2, 3, -2]]
    assert lay(ABC, DE, frame=BARE) == [[1, 2, 3, 4, 5]]


@pytest.mark.parametrize(
    ("options", "rows"),
    [
        ({"max_length": 5}, [[1, 2, 3]]),
        ({"max_length": 4}, [[1, 2], [3]]),
        ({"max_length": 4, "stride": 1}, [[1, 2], [2, 3]]),
        ({"max_length": 4, "side": "left"}, [[2, 3], [1]]),
        ({"max_length": 4, "side": "left", "stride": 1}, [[2, 3], [1, 2]]),
        ({"max_length": 2}, [[], [1, 2, 3]]),
        ({"max_length": 4, "truncation": "only_first"}, [[1, 2], [3]]),
    ],
)
def test_a_text_in_windows(options, rows):
    assert lay(ABC, **options) == [[-1, *row, -2] for row in rows]


def test_a_text_in_windows_without_special_tokens():
    assert lay(ABC, max_length=2, frame=BARE) == [[1, 2], [3]]
    assert lay(ABC, DE, max_length=4, frame=BARE) == [[1, 2, 4, 5], [3, 4, 5]]


@pytest.mark.parametrize(
    ("options", "rows"),
    [
        ({"max_length": 8}, [((1, 2, 3), (4, 5))]),
        ({"max_length": 7}, [((1, 2), (4, 5)), ((3,), (4, 5))]),
        ({"max_length": 6}, [((1, 2), (4,)), ((3,), (4,)), ((3,), (5,)), ((1, 2), (5,))]),
        ({"max_length": 6, "truncation": "only_first"}, [((i,), (4, 5)) for i in (1, 2, 3)]),
        ({"max_length": 7, "truncation": "only_second"}, [((1, 2, 3), (4,)), ((1, 2, 3), (5,))]),
        (
            {"max_length": 6, "side": "left"},
            [((2, 3), (5,)), ((1,), (5,)), ((1,), (4,)), ((2, 3), (4,))],
        ),
        (
            {"max_length": 7, "truncation": "only_first", "stride": 1},
            [((1, 2), (4, 5)), ((2, 3), (4, 5))],
        ),
        ({"max_length": 3}, [((), ()), ((1, 2, 3), ()), ((1, 2, 3), (4, 5)), ((), (4, 5))]),
    ],
)
def test_a_pair_in_windows(options, rows):
    assert lay(ABC, DE, **options) == [[-1, *a, -2, *b, -2] for a, b in rows]


def test_what_cannot_give_way_is_refused():
    with pytest.raises(ValueError, match="there is no second text"):
        lay(ABC, max_length=4, truncation="only_second")
    with pytest.raises(ValueError, match="stride is 1, expected less than the 1 pieces"):
        lay(ABC, max_length=3, stride=1)


def check(max_length, stride=0, added=2, truncation="longest_first"):
    check_lengths(
        PaddedLengths("do_not_pad", truncation, max_length, None), stride, added, always=2
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1,), "max_length is 1, expected at least 2, for the special tokens alone"),
        ((0,), "max_length is 0, expected at least 2"),
        ((2, 0, 3), "max_length is 2, expected at least 3"),
        ((5, -1), "stride is -1, expected 0 to 3, a window's pieces"),
        ((5, 4), "stride is 4, expected 0 to 3, a window's pieces"),
        ((2, 1), "stride is 1, expected 0 to 0"),
        ((1, -1, 0), "stride is -1, expected 0 to 0"),
        (
            (4, 3, 0),
            "stride is 3, expected 0 to 2",
        ),  # measured with the special tokens all the same
    ],
)
def test_lengths_without_room_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        check(*arguments)


@pytest.mark.parametrize("arguments", [(2,), (3, 0, 3), (5, 3), (1, 9, 0), (0, 0, 0), (2, 0)])
def test_lengths_with_room_are_not(arguments):
    check(*arguments)


def test_without_truncation_lengths_do_not_matter():
    check(0, stride=99, truncation="do_not_truncate")
    check(None, stride=99)
