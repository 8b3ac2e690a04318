"""Rooms, windows and rows, for all small numbers."""

from itertools import pairwise, product

import pytest

from scratch_bert.tokenization.interface.truncation import STRATEGIES, rooms, rows, windows

# length, room, stride: all that are allowed
SMALL = [(n, room, stride) for n in range(13) for room in range(1, 8) for stride in range(room)]


@pytest.mark.parametrize("side", ["left", "right"])
def test_windows_cover_the_text_and_share_exactly_the_stride(side):
    for length, room, stride in SMALL:
        found = windows(length, room, stride, side)
        case = (length, room, stride, found)
        in_order = found if side == "right" else found[::-1]
        assert in_order[0][0] == 0, case
        assert in_order[-1][1] == length, case
        for (start, end), (next_start, next_end) in pairwise(in_order):
            assert end - next_start == stride, case
            assert start < next_start, case
            assert end < next_end, case  # each brings something new
        assert all(end - start == room for start, end in found[:-1]), case
        assert 0 <= found[-1][1] - found[-1][0] <= room, case


def test_the_first_window_is_what_stays():
    assert windows(7, 3) == [(0, 3), (3, 6), (6, 7)]
    assert windows(7, 3, side="left") == [(4, 7), (1, 4), (0, 1)]
    assert windows(6, 3) == [(0, 3), (3, 6)]
    assert windows(7, 3, 2) == [(0, 3), (1, 4), (2, 5), (3, 6), (4, 7)]


def test_left_is_right_in_a_mirror():
    for length, room, stride in SMALL:
        mirrored = [(length - end, length - start) for start, end in windows(length, room, stride)]
        assert windows(length, room, stride, "left") == mirrored


@pytest.mark.parametrize("side", ["left", "right"])
def test_without_room_the_whole_text_overflows(side):
    assert windows(3, 0, 0, side) == [(0, 0), (0, 3)]
    assert windows(3, 0, 5, side) == [(0, 0), (0, 3)]
    assert windows(0, 0, 0, side) == [(0, 0)]


@pytest.mark.parametrize("stride", [3, 4])
def test_a_stride_that_never_ends_is_refused(stride):
    message = f"stride is {stride}, expected less than the 3 pieces of a window"
    with pytest.raises(ValueError, match=message):
        windows(4, 3, stride)
    assert windows(3, 3, stride) == [(0, 3)]  # nothing is cut off


def test_rooms_of_a_pair_by_the_longer():
    for first, second, budget in product(range(8), range(8), range(17)):
        a, b = rooms(first, second, budget, "longest_first")
        case = (first, second, budget, a, b)
        assert a + b == min(first + second, budget), case
        assert 0 <= a <= first, case
        assert 0 <= b <= second, case
        if a < first:  # a side that gave way was the longer one, and is no shorter now
            assert a >= b - (first <= second), case
        if b < second:
            assert b >= a - (first > second), case


@pytest.mark.parametrize(
    ("first", "second", "budget", "expected"),
    [
        (9, 4, 8, (4, 4)),
        (9, 4, 7, (4, 3)),
        (4, 9, 7, (3, 4)),
        (9, 9, 7, (3, 4)),  # of two that are equally long the second keeps one more
        (9, 2, 8, (6, 2)),
        (2, 9, 8, (2, 6)),
        (0, 9, 3, (0, 3)),
        (3, 3, 1, (0, 1)),
    ],
)
def test_rooms_of_a_pair(first, second, budget, expected):
    assert rooms(first, second, budget, "longest_first") == expected


def test_rooms_of_one_text_by_strategy():
    assert rooms(5, None, 3, "longest_first") == (3, 0)
    assert rooms(5, None, 3, "only_first") == (3, 0)


def test_only_one_side_gives_way():
    for first, second, budget in product(range(6), range(6), range(1, 13)):
        over = max(0, first + second - budget)
        for strategy, target in (("only_first", first), ("only_second", second)):
            case = (first, second, budget, strategy)
            if over and target <= over:
                with pytest.raises(ValueError, match=f"truncation is '{strategy}': that text has"):
                    rooms(first, second, budget, strategy)
                continue
            kept = (first - over, second) if strategy == "only_first" else (first, second - over)
            assert rooms(first, second, budget, strategy) == kept, case


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_what_fits_stays_and_without_budget_nothing_does(strategy):
    assert rooms(2, 3, 5, strategy) == (2, 3)
    assert rooms(2, None, 2, strategy) == (2, 0)
    assert rooms(2, 3, 0, strategy) == (0, 0)
    assert rooms(2, None, 0, strategy) == (0, 0)


@pytest.mark.parametrize(
    ("sizes", "strategy", "message"),
    [
        ((5, None, 3), "only_second", "'only_second', but there is no second text"),
        (
            (2, 5, 4),
            "only_first",
            "'only_first': that text has 2 pieces, and 3 of both texts' 7 must go; "
            "take a larger max_length or 'longest_first'",
        ),
        ((5, 1, 4), "only_second", "that text has 1 pieces, and 2 of both texts' 6 must go"),
    ],
)
def test_what_cannot_give_way_is_refused(sizes, strategy, message):
    with pytest.raises(ValueError, match=message):
        rooms(*sizes, strategy)


def test_rows_in_the_order_of_the_reference():
    a, b = [(0, 2), (2, 4), (4, 5)], [(0, 3), (3, 6)]
    assert list(rows(a, b)) == [
        (a[0], b[0]),
        (a[1], b[0]),
        (a[1], b[1]),
        (a[2], b[0]),
        (a[2], b[1]),
        (a[0], b[1]),
    ]


def test_rows_hold_each_pair_of_windows_once():
    for n, m in product(range(1, 5), range(1, 5)):
        a, b = [(i, i + 1) for i in range(n)], [(-i, 1 - i) for i in range(m)]
        found = list(rows(a, b))
        assert found[0] == (a[0], b[0])
        assert sorted(found) == sorted(product(a, b))
