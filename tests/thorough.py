"""Which cases of which tests run with every change, and which with `--thorough` alone.

A mark says how many cases of a test tell nearly as much as all of them. They lie evenly apart, so
that each kind is among them where cases are in order. Who asks for a test by name gets all of it.
"""

from collections.abc import Sequence

import pytest

MARK = "thorough"
MEANING = "so many of its cases run with every change, and all with --thorough"


def few(items: Sequence[pytest.Item]) -> tuple[list[pytest.Item], list[pytest.Item]]:
    """Split tests into those that run with every change, and the others."""
    cases: dict[str, list[pytest.Item]] = {}
    for item in items:
        if item.get_closest_marker(MARK):
            cases.setdefault(item.nodeid.split("[")[0], []).append(item)
    others = {item for each in cases.values() for item in _left_out(each)}
    return [item for item in items if item not in others], [*others]


def _left_out(cases: Sequence[pytest.Item]) -> list[pytest.Item]:
    mark = cases[0].get_closest_marker(MARK)
    number = min(mark.kwargs.get("but", 0) if mark else 0, len(cases))
    apart = (len(cases) - 1) / max(number - 1, 1)
    kept = {round(place * apart) for place in range(number)}
    return [item for place, item in enumerate(cases) if place not in kept]
