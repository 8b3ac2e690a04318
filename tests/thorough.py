"""Which cases of which tests run with every change, and which with `--thorough` alone.

A slow test is left out; of a sampled one a few cases run, evenly apart, so that each kind is among
them where the cases are in order. A test that is asked for by name runs with all of its cases.
"""

from collections.abc import Sequence

import pytest

MARKERS = (
    "slow: the test runs with --thorough alone",
    "sample(cases): so many of its cases run with every change, and all with --thorough",
)


def few(items: Sequence[pytest.Item]) -> tuple[list[pytest.Item], list[pytest.Item]]:
    """Split tests into those that run with every change, and the others."""
    cases: dict[str, list[pytest.Item]] = {}
    others: set[pytest.Item] = set()
    for item in items:
        if item.get_closest_marker("slow"):
            others.add(item)
        elif item.get_closest_marker("sample"):
            cases.setdefault(item.nodeid.split("[")[0], []).append(item)
    for each in cases.values():
        others.update(_left_out(each))
    return [item for item in items if item not in others], [*others]


def _left_out(cases: Sequence[pytest.Item]) -> list[pytest.Item]:
    mark = cases[0].get_closest_marker("sample")
    number = min(mark.args[0] if mark else 0, len(cases))
    apart = (len(cases) - 1) / max(number - 1, 1)
    kept = {round(place * apart) for place in range(number)}
    return [item for place, item in enumerate(cases) if place not in kept]
