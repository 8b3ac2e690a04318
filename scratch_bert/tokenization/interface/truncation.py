"""Step four: what of a text that is too long stays, and what overflows.

All of it is arithmetic on numbers of pieces: nothing here looks at a piece.

>>> windows(7, room=3, stride=1)  # seven pieces, three fit, one of each window is repeated
[(0, 3), (2, 5), (4, 7)]
>>> windows(7, room=3, stride=1, side="left")
[(4, 7), (2, 5), (0, 3)]
>>> rooms(9, 4, budget=8, strategy="longest_first")  # only the longer side shrinks
(4, 4)
"""

from collections.abc import Iterator
from typing import Literal

Side = Literal["left", "right"]
Window = tuple[int, int]
Strategy = Literal["longest_first", "only_first", "only_second", "do_not_truncate"]
STRATEGIES = ("longest_first", "only_first", "only_second", "do_not_truncate")


def rooms(first: int, second: int | None, budget: int, strategy: Strategy) -> tuple[int, int]:
    """How many pieces of each text stay.

    Args:
        first: pieces of the first text.
        second: pieces of the second; None where there is none.
        budget: pieces that fit beside the special tokens, of both texts together.
        strategy: which side gives way; "longest_first" takes from the longer one until both are
            equally long, and then from both.

    Raises:
        ValueError: the side that must give way would be empty, or is not there.
    """
    total = first + (second or 0)
    if total <= budget:
        return first, second or 0
    if budget == 0:
        return 0, 0
    if strategy == "longest_first":
        if second is None:
            return budget, 0
        shorter = min(first, second, budget // 2)
        return (shorter, budget - shorter) if first <= second else (budget - shorter, shorter)
    if strategy == "only_second" and second is None:
        raise ValueError("truncation is 'only_second', but there is no second text")
    target = first if strategy == "only_first" else second or 0
    kept = target - (total - budget)
    if kept <= 0:
        raise ValueError(
            f"truncation is {strategy!r}: that text has {target} pieces, and {total - budget} of "
            f"both texts' {total} must go; take a larger max_length or 'longest_first'"
        )
    return (kept, second or 0) if strategy == "only_first" else (first, kept)


def windows(length: int, room: int, stride: int = 0, side: Side = "right") -> list[Window]:
    """Cut a text's pieces into windows: the first is what stays, the others overflow.

    Without room nothing stays and the whole text overflows, as in HF.

    Args:
        length: pieces of the text.
        room: pieces of a window.
        stride: how many pieces a window shares with the one before it.
        side: the side that is cut off; "left" walks from the end.

    Raises:
        ValueError: windows that share all their pieces would never end.
    """
    if length <= room:
        return [(0, length)]
    if room == 0:
        return [(0, 0), (0, length)]
    if stride >= room:
        raise ValueError(
            f"stride is {stride}, expected less than the {room} pieces of a window "
            "(max_length less the special tokens, and for a pair a part of that)"
        )
    starts = range(0, length - room, room - stride)
    found = [(start, start + room) for start in starts]
    found.append((starts[-1] + room - stride, length))
    if side == "left":
        return [(length - end, length - start) for start, end in found]
    return found


def rows(first: list[Window], second: list[Window]) -> Iterator[tuple[Window, Window]]:
    """Pair the windows of two texts; the first pair is the row, the others overflow (HF's order).

    >>> list(rows([(0, 1), (1, 2)], [(0, 3), (3, 4)]))[1:3]
    [((1, 2), (0, 3)), ((1, 2), (3, 4))]
    """
    yield first[0], second[0]
    for window in first[1:]:
        for other in second:
            yield window, other
    for other in second[1:]:
        yield first[0], other
