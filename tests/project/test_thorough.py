"""Which cases run with every change."""

from types import SimpleNamespace

import pytest

from tests.thorough import few


def kept(number, mark):
    """Which of so many cases of a test are kept."""
    cases = [
        Case(
            place=place,
            nodeid=f"test.py::test[{place}]",
            get_closest_marker=lambda name: mark.mark if mark and mark.name == name else None,
        )
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
    ("number", "cases", "wanted"),
    [(10, 4, [0, 3, 6, 9]), (10, 2, [0, 9]), (10, 1, [0]), (3, 4, [0, 1, 2]), (1, 1, [0])],
)
def test_a_sample_lies_evenly_apart(number, cases, wanted):
    assert kept(number, pytest.mark.sample(cases)) == wanted


def test_a_slow_test_is_left_out():
    assert kept(3, pytest.mark.slow) == []
