"""Answers beside the reference's: texts, places and order exactly, scores but for rounding."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

import torch

from parity.core.compare import Comparison, Status, compare
from parity.core.tolerance import OWN_ERROR, ROUNDING

_NAMED = 40  # characters of a text


def unlike(ours: Any, theirs: Sequence[Any]) -> str:
    """Say why a call's answers are not one for each text; "" if they are."""
    if isinstance(ours, list) and len(ours) == len(theirs):
        return ""
    what = f"{len(ours)} results" if isinstance(ours, list) else f"a {type(ours).__name__}"
    return f"returned {what}, expected one for each of {len(theirs)} texts"


def compared(text: str, ours: Any, theirs: Any, allowed: float, probe: str) -> Comparison:
    """Compare a text's answer.

    Args:
        text: which.
        ours: the candidate's answer.
        theirs: the reference's.
        allowed: what a score may differ by.
        probe: the call's name.
    """
    name = named(text)
    for status, note in _differences(ours, theirs, ""):
        return Comparison(name, status, allowed=allowed, note=note.lstrip(" ."), probe=probe)
    yours, found = numbers(theirs), numbers(ours, int | float)
    mine = {place: float(found[place]) for place in yours}
    if not yours:
        return Comparison(name, Status.MATCH, bit_equal=True, max_abs=0.0, max_rel=0.0, probe=probe)
    a, b = (torch.tensor([*side.values()], dtype=torch.float64) for side in (mine, yours))
    row = compare(name, a, b, allowed, probe=probe)
    if row.passed:
        return row
    place = [*yours][row.where[0]]
    note = f"{place} is {mine[place]:.7g}, expected {yours[place]:.7g}, give or take {allowed:.1e}"
    return replace(row, note=note.lstrip(" ."))


def equal_numbers(ours: Any, theirs: Any) -> tuple[int, int]:
    """Count the reference's numbers, and those that have the same bits."""
    mine, yours = numbers(ours), numbers(theirs)
    return sum(mine.get(place) == number for place, number in yours.items()), len(yours)


def rounding(in_single: Any, in_double: Any) -> float:
    """Return what scores may differ by, from what the reference answers in both precisions."""
    single, double = numbers(in_single), numbers(in_double)
    errors = [abs(single[place] - double[place]) for place in single.keys() & double.keys()]
    step = torch.finfo(torch.float32).eps * max(map(abs, double.values()), default=0.0)
    return OWN_ERROR * max(errors, default=0.0) + ROUNDING * step


def numbers(value: Any, kind: Any = float) -> dict[str, float]:
    """Return the numbers of a kind, by where each is."""
    found: dict[str, float] = {}

    def look(value: Any, place: str) -> None:
        if isinstance(value, kind):
            found[place] = value
        elif isinstance(value, dict):
            for name, each in value.items():
                look(each, f"{place}.{name}")
        elif isinstance(value, list):
            for i, each in enumerate(value):
                look(each, f"{place}[{i}]")

    look(value, "")
    return found


def settled(answers: Any, allowed: float) -> Any:
    """Order a question's answers of one score by their places; their own order is by chance."""
    if not isinstance(answers, list) or not all(map(_is_scored, answers)):
        return answers
    group, before = 0, float("inf")
    numbered = []
    for each in answers:
        if abs(before - each["score"]) > allowed:
            group += 1
        before = each["score"]
        numbered.append((group, each))
    return [
        each
        for _, same in groupby(numbered, key=lambda pair: pair[0])
        for _, each in sorted(same, key=lambda pair: (str(pair[1].get("start")), str(pair[1])))
    ]


def _is_scored(answer: Any) -> bool:
    return isinstance(answer, dict) and isinstance(answer.get("score"), float)


def _differences(ours: Any, theirs: Any, place: str) -> Iterator[tuple[Status, str]]:
    """Tell what is not the same, but for numbers with a point."""
    if isinstance(theirs, float):
        if isinstance(ours, bool) or not isinstance(ours, (int, float)):
            yield Status.DTYPE, f"{place} is {ours!r}, expected a number"
    elif isinstance(theirs, dict):
        if not isinstance(ours, dict):
            yield Status.DTYPE, f"{place} is {_kind(ours)}, expected {', '.join(theirs)}"
            return
        for name in [name for name in theirs if name not in ours]:
            yield Status.MISSING_OURS, f"{place} has no field {name}"
        for name in [name for name in ours if name not in theirs]:
            yield Status.MISSING_THEIRS, f"{place} has a field {name}, the reference's has none"
        for name in [name for name in theirs if name in ours]:
            yield from _differences(ours[name], theirs[name], f"{place}.{name}")
    elif isinstance(theirs, list):
        if not isinstance(ours, list):
            yield Status.DTYPE, f"{place} is {_kind(ours)}, expected a list"
        elif len(ours) != len(theirs):
            yield Status.SHAPE, f"{place} is of length {len(ours)}, expected {len(theirs)}"
        else:
            for i, (mine, yours) in enumerate(zip(ours, theirs, strict=True)):
                yield from _differences(mine, yours, f"{place}[{i}]")
    elif type(ours) is not type(theirs) or ours != theirs:
        yield Status.VALUE, f"{place} is {ours!r}, expected {theirs!r}"


def _kind(value: Any) -> str:
    return f"a {type(value).__name__}"


def named(text: str) -> str:
    """Return the name of a text in a report."""
    short = text if len(text) <= _NAMED else f"{text[: _NAMED - 1]}…"
    return repr(short)
