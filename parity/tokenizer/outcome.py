"""What a check of a tokenizer comes to: how much was compared, what differs, and why."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from parity.core.compare import Status

_SHOWN = 400  # characters of a value


@dataclass(frozen=True)
class Difference:
    """One difference, made as small as it can be.

    Attributes:
        call: what was asked, as Python source.
        text: the text it hangs on.
        what: which of the outputs differs.
        ours: the candidate's answer.
        theirs: the reference's.
        rule: the rule that was broken.
        rerun: options of `parity tokenizer` that show it again.
    """

    call: str
    text: str
    what: str
    ours: Any
    theirs: Any
    rule: str
    rerun: str


@dataclass
class Outcome:
    """A check in one configuration.

    Attributes:
        check: "scalars", "strings", "texts", "calls", "decode", "files", or a feature.
        configuration: its name.
        compared: how many inputs were judged.
        different: how many of them came out differently.
        differences: some of them, one per rule.
        unsupported: why nothing was compared.
        causes: ids of known mistakes, each of which explains everything that differs.
    """

    check: str
    configuration: str
    compared: int = 0
    different: int = 0
    differences: list[Difference] = field(default_factory=list)
    unsupported: str | None = None
    causes: list[str] = field(default_factory=list)

    @property
    def status(self) -> Status:
        """In a word."""
        if self.unsupported is not None:
            return Status.UNSUPPORTED
        return Status.VALUE if self.different else Status.MATCH

    def add(self, difference: Difference) -> None:
        """Keep a difference, if none of its rule is there yet."""
        if all(difference.rule != known.rule for known in self.differences):
            self.differences.append(difference)


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
    wrong = [outcome.causes for outcome in outcomes if outcome.different]
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
