"""Many texts: which of them are computed together, and how they come when there is no end to them.

>>> batches([3, 9, 4, 8], tokens=16)
[[1], [3, 2], [0]]
>>> list(stream(lambda texts: [text.upper() for text in texts], iter("abc"), window=2))
['A', 'B', 'C']
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def batches(lengths: Sequence[int], tokens: int) -> list[list[int]]:
    """Put rows of like length together, the longest first.

    Args:
        lengths: tokens of each row.
        tokens: of a batch at most, padding included; a longer row is a batch by itself.

    Returns:
        The places of each batch's rows.
    """
    found: list[list[int]] = []
    room = 0
    for place in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        if room == 0:
            found.append([])
            room = max(1, tokens // lengths[place])
        found[-1].append(place)
        room -= 1
    return found


def stream(
    task: Callable[[Sequence[T]], Iterable[R]], inputs: Iterable[T], window: int = 1024
) -> Iterator[R]:
    """Yield a task's results one by one, in the inputs' order, however many there are.

    Args:
        task: such as `TextClassification(…)`, or a function that calls one.
        inputs: what it takes a sequence of.
        window: how many are read, sorted by length and held at a time.
    """
    source = iter(inputs)
    while some := list(islice(source, window)):
        yield from task(some)
