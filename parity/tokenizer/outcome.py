"""Outcomes of a tokenizer's checks, told and sent."""

import unicodedata
from collections.abc import Iterable
from typing import Any

from parity.core.outcome import Difference, Outcome

_SHOWN = 400  # characters of a value


def as_data(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome as another process sends it: answers have become text."""
    differences = [
        {**vars(found), "ours": str(found.ours), "theirs": str(found.theirs)}
        for found in outcome.differences
    ]
    return {**vars(outcome), "differences": differences}


def as_outcome(data: dict[str, Any]) -> Outcome:
    """Return what `as_data` was made of."""
    return Outcome(**{**data, "differences": [Difference(**one) for one in data["differences"]]})


def causes(outcomes: Iterable[Outcome]) -> list[str]:
    """Return the ids of the mistakes that explain all texts that differ, in all configurations."""
    wrong = [outcome.possible for outcome in outcomes if outcome.wrong]
    return [cause for cause in (wrong or [[]])[0] if all(cause in each for each in wrong)]


def explain(outcome: Outcome, difference: Difference, command: str) -> str:
    """Tell a difference to somebody who does not know the check."""
    lines = [
        f"{outcome.check}, {outcome.configuration}: {difference.what} differs",
        f"  rule    {difference.rule}",
        f"  call    {difference.call}",
        f"  text    {difference.text!a}  {code_points(difference.text)}",
        f"  ours    {_short(difference.ours)}",
        f"  theirs  {_short(difference.theirs)}",
        f"  again   {command} {difference.rerun}",
    ]
    return "\n".join(lines)


def code_points(text: str) -> str:
    r"""Name the characters of a text.

    >>> code_points("a\u200b")
    'U+0061 LATIN SMALL LETTER A, U+200B ZERO WIDTH SPACE'
    """
    names = (f"U+{ord(c):04X} {unicodedata.name(c, '(unnamed)')}" for c in text)
    return _short(", ".join(_runs(names)))


def _runs(names: Iterable[str]) -> list[str]:
    runs: list[tuple[str, int]] = []
    for name in names:
        if runs and runs[-1][0] == name:
            runs[-1] = (name, runs[-1][1] + 1)
        else:
            runs.append((name, 1))
    return [name if times == 1 else f"{times} x {name}" for name, times in runs]


def _short(value: Any) -> str:
    shown = value if isinstance(value, str) else ascii(value)
    shown = shown.encode("ascii", "backslashreplace").decode()
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}… ({len(shown)} characters)"
