"""The order of combining marks, in which they stand after canonical decomposition (NFD)."""

from collections.abc import Iterable, Iterator
from operator import itemgetter

from scratch_bert.tokenization.unicode import characters


def in_canonical_order(found: Iterable[tuple[str, str, int]]) -> Iterator[tuple[str, int]]:
    r"""Yield what is left of characters, with origins; marks that follow each other are sorted.

    Origins do not move with marks, as in HF: the origin of a dropped mark may go to another one.

    >>> found = [("a", "a", 0), ("\u302e", "\u302e", 1), ("\u0301", "", 2)]
    >>> found += [("\U0001d165", "\U0001d165", 3)]
    >>> [(f"{ord(char):X}", origin) for char, origin in in_canonical_order(found)]
    [('61', 0), ('1D165', 1), ('302E', 2)]

    Args:
        found: characters, each with the parts that are left of it and its origin.
    """
    origins: list[int] = []
    parts: list[tuple[int, int, str, bool]] = []  # cluster, order, part or "", is it the first
    cluster = 0
    for char, left, origin in found:
        origins.append(origin)
        is_first = True
        # A dropped mark stays as "" until the marks are sorted: it takes part in the sorting.
        for part in left or [""]:
            order = characters.order(part or char)
            if order == 0:  # no mark moves past this one, so a new cluster begins
                cluster += 1
            parts.append((cluster, order, part, is_first))
            is_first = False
    parts.sort(key=itemgetter(0, 1))
    # The first part of a character takes the next origin; its other parts share that one.
    place = -1
    for _, _, part, is_first in parts:
        if is_first:
            place += 1
        if part:
            yield part, origins[place]
