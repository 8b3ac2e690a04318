"""Which cases run with every change."""

from types import SimpleNamespace

import pytest

from tests.thorough import few


def kept(number, mark):
    """Which of so many cases of a test are kept."""
    found = mark and mark.mark
    cases = [
        Case(place=place, nodeid=f"test.py::test[{place}]", get_closest_marker=lambda _: found)
        for place in range(number)
    ]
    some, others = few(cases)
    assert len(some) + len(others) == number
    return [case.place for case in some]


class Case(SimpleNamespace):
    __hash__ = object.__hash__


def test_without_a_mark_all_run():
    assert kept(3, None) == [0, 1, 2]


@pytest.mark.parametrize(
    ("number", "but", "wanted"),
    [(10, 4, [0, 3, 6, 9]), (10, 2, [0, 9]), (10, 1, [0]), (3, 4, [0, 1, 2]), (1, 1, [0])],
)
def test_they_lie_evenly_apart(number, but, wanted):
    assert kept(number, pytest.mark.thorough(but=but)) == wanted


def test_none_are_needed():
    assert kept(3, pytest.mark.thorough) == []
