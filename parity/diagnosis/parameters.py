"""The parameter of a mistake that gives a candidate's numbers, such as which eps."""

import math
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from torch import Tensor

from parity.core.cause import Injections
from parity.diagnosis.tries import Tries

_STEPS = 12  # towards a parameter
_DIGITS = 5  # of a parameter that is written shorter
_DENOMINATOR = 12  # of a parameter that is written as a fraction


def fitted(
    tries: Tries, stage: str, mistakes: Injections, *, estimate: bool
) -> tuple[float, Injections]:
    """Return the share of a stage's difference that is left, and by which parameters.

    Args:
        tries: makes the mistakes.
        stage: which.
        mistakes: one mistake at one place or several.
        estimate: whether a parameter is looked for between those that its mistake names.
    """
    values = mistakes[0].mistake.values
    if not values:
        return tries.left(stage, mistakes), mistakes
    valued = [_with_value(mistakes, value) for value in values]
    left = [tries.left(stage, each) for each in valued]
    best = valued[min(range(len(left)), key=left.__getitem__)]
    if min(left) in (0, math.inf) or not estimate:
        return min(left), best
    found = _estimated(tries, stage, best)
    return tries.left(stage, found), _rounded(tries, stage, found)


def _rounded(tries: Tries, stage: str, mistakes: Injections) -> Injections:
    """Write a parameter with as few digits as explain as much."""
    value = mistakes[0].value
    for number in _short(value):
        short = _with_value(mistakes, number)
        if tries.left(stage, short) == 0:
            return short
    return mistakes


def _short(value: float) -> Iterator[float]:
    """Yield the numbers near a value that somebody would write, the shortest first."""
    yield 0.0
    for digits in range(1, _DIGITS):
        yield float(f"{value:.{digits}e}")
    yield float(Fraction(value).limit_denominator(_DENOMINATOR))
    if value:
        yield 1 / float(f"{1 / value:.{_DIGITS - 1}e}")


def is_short(value: float) -> bool:
    """Whether somebody would write a number: a short decimal, its inverse, or a simple fraction."""
    return value in _short(value)


def shortened(value: float, rounding: float) -> float | None:
    """Return the number that somebody would write for a value; None if there is none.

    Args:
        value: a measured one.
        rounding: the share of it that may be wrong.
    """
    near = (each for each in _short(value) if abs(each - value) <= rounding * abs(value))
    return next(near, None)


def _estimated(tries: Tries, stage: str, mistakes: Injections) -> Injections:
    """Find the value of the parameter that leaves the least, by Gauss and Newton's method."""
    probe = next(iter(tries.observed.wrong[stage]))
    value = mistakes[0].value

    def residual(value: float) -> Tensor | None:
        made = tries.made(probe, stage, _with_value(mistakes, value))
        return None if made is None else tries.observed.residual(probe, stage, made)

    for power in reversed(range(_STEPS)):
        step = value * 1e-4
        here, beside = residual(value), residual(value + step)
        if here is None or beside is None:
            break
        slope = (beside - here) / step
        steepness = slope.dot(slope).item()
        if not steepness > 0:
            break
        change = slope.dot(here).item() / steepness
        if not abs(change) <= abs(value) * 2.0**power:  # out of reach, or not a number
            break
        value -= max(-abs(value) * 0.9, min(change, abs(value) * 0.9))  # it keeps its sign
        if abs(change) <= abs(value) * 1e-14:
            break
    return _with_value(mistakes, value)


def _with_value(mistakes: Injections, value: float) -> Injections:
    return tuple(replace(each, value=value) for each in mistakes)
