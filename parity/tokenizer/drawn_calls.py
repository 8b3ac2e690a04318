"""Random calls compared one by one; what differs is made small, and its rule is named."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from parity.core.outcome import Difference, Outcome
from parity.tokenizer.crashes import crash_text
from parity.tokenizer.pair import Progress
from parity.tokenizer.random_calls import Call
from parity.tokenizer.shrink_calls import parts, shrink_call

_EXPLAINED = 10

CallDifference = tuple[str, Any, Any]  # what differs, ours, theirs


@dataclass(frozen=True)
class DrawnCalls:
    """The random calls of one configuration.

    Attributes:
        outcome: takes the result.
        draw: draws a call.
        compare: makes it on both sides. It draws what is compared; given None, it compares all.
        rule: names the rule of a call, as small as it can be, and of what differs.
    """

    outcome: Outcome
    draw: Callable[[random.Random], Call]
    compare: Callable[[Call, random.Random | None], CallDifference | None]
    rule: Callable[[Call, str], str]


def compare_drawn(
    ready: Sequence[DrawnCalls], number: int, seed: int, progress: Progress
) -> Iterator[Outcome]:
    """Compare random calls; call i is drawn from seed + i, so that it can be drawn again alone.

    Args:
        ready: the calls of each configuration.
        number: of calls, in all configurations together.
        seed: of the first call.
        progress: is told how many are done.
    """
    for i in range(seed, seed + number):
        choose = random.Random(i)  # noqa: S311
        drawn = ready[int(choose.random() * len(ready))]
        call, outcome = drawn.draw(choose), drawn.outcome
        outcome.inputs += 1
        found = drawn.compare(call, choose)
        if found is not None:
            outcome.wrong += 1
            if outcome.wrong <= _EXPLAINED:
                outcome.add(_explained(drawn, call, i, found))
        progress(1)
    yield from (drawn.outcome for drawn in ready)


def _explained(drawn: DrawnCalls, call: Call, number: int, found: CallDifference) -> Difference:
    what = found[0].partition("(")[0]

    def fails(other: Call) -> bool:
        again = drawn.compare(other, None)
        return again is not None and again[0].partition("(")[0] == what

    if fails(call):
        call = shrink_call(call, fails)
        found = drawn.compare(call, None) or found
    what, ours, theirs = found
    rule = drawn.rule(call, what)
    rerun = f"--no-scalars --no-files --strings 0 --calls 1 --seed {number}"
    text = "".join(text for _, text in parts(call.arguments, str))
    return Difference(str(call), text, what, _shown(ours), _shown(theirs), rule, rerun)


def _shown(value: Any) -> Any:
    if isinstance(value, Exception):
        return crash_text(value)
    return dict(value) if hasattr(value, "keys") else value
