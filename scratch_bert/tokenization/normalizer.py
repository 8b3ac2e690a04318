r"""Step one: clean a text, keeping for each character the place it came from.

>>> text, origins = Normalizer().normalize("\tCafe\u0301\u200b 東!")
>>> text
' cafe  東 !'
>>> origins  # neither the accent nor the zero-width space is anywhere; three come from 東
[0, 1, 2, 3, 4, 7, 8, 8, 8, 9]
"""

from collections.abc import Iterable
from dataclasses import dataclass
from operator import itemgetter
from typing import NamedTuple

from scratch_bert.tokenization.unicode import characters


class Normalized(NamedTuple):
    """A normalised text.

    Attributes:
        text: what became of the original.
        origins: for each character of `text` the index in the original that it belongs to; they
            never decrease.
    """

    text: str
    origins: list[int]


@dataclass(frozen=True)
class Normalizer:
    """What a checkpoint's tokenizer does to text before it looks words up.

    Attributes:
        lowercase: HF `do_lower_case`; False for cased checkpoints.
        strip_accents: é → e; None means as `lowercase`.
        split_cjk: put each Chinese character into a word of its own (HF `tokenize_chinese_chars`).
    """

    lowercase: bool = True
    strip_accents: bool | None = None
    split_cjk: bool = True

    @property
    def strips_accents(self) -> bool:
        """Whether accents go, None of `strip_accents` resolved."""
        return self.lowercase if self.strip_accents is None else self.strip_accents

    def normalize(self, text: str) -> Normalized:
        """Clean, separate CJK characters, strip accents, lower the case; in this order.

        >>> Normalizer(lowercase=False).normalize("Ça va").text
        'Ça va'
        """
        found = clean(text)
        if self.split_cjk:
            found = separate_cjk(found)
        if self.strips_accents:
            found = strip_accents(found)
        if self.lowercase:
            found = lower(found)
        kept = list(found)
        return Normalized("".join(char for char, _ in kept), [origin for _, origin in kept])


Characters = Iterable[tuple[str, int]]  # each with its origin


def clean(text: str) -> Characters:
    r"""Drop what is invisible; all white space becomes a space.

    >>> list(clean("a\x00\u3000"))
    [('a', 0), (' ', 2)]
    """
    for origin, char in enumerate(text):
        if characters.is_space(char):
            yield " ", origin
        elif not characters.is_removed(char):
            yield char, origin


def separate_cjk(found: Characters) -> Characters:
    """Put a space before and after each ideograph.

    >>> list(separate_cjk([("東", 0)]))
    [(' ', 0), ('東', 0), (' ', 0)]
    """
    for char, origin in found:
        if characters.is_cjk(char):
            yield from ((" ", origin), (char, origin), (" ", origin))
        else:
            yield char, origin


def strip_accents(found: Characters) -> Characters:
    r"""Decompose, put combining characters into canonical order, drop the nonspacing ones.

    Where characters change places their origins do not, as in the reference: the place of a
    dropped one may go to another.

    >>> list(strip_accents([("é", 0), ("\u0323", 1), ("x", 2)]))
    [('e', 0), ('x', 2)]
    >>> moved = strip_accents([("a", 0), ("\u302e", 1), ("\u0301", 2), ("\U0001d165", 3)])
    >>> [(f"{ord(char):X}", origin) for char, origin in moved]
    [('61', 0), ('1D165', 1), ('302E', 2)]
    """
    origins: list[int] = []
    parts: list[tuple[int, int, str, bool]] = []  # cluster, order, what is left, whether first
    cluster = 0  # begins with each character of order 0, which none moves past
    for char, origin in found:
        origins.append(origin)
        is_first = True  # a part that is dropped holds its place in the order all the same
        for part in characters.without_accents(char) or [""]:
            order = characters.order(part or char)
            cluster += order == 0
            parts.append((cluster, order, part, is_first))
            is_first = False
    parts.sort(key=itemgetter(0, 1))
    place = -1
    for _, _, part, is_first in parts:
        place += is_first
        if part:
            yield part, origins[place]


def lower(found: Characters) -> Characters:
    r"""Lower the case of each character by itself: a final sigma is as any other.

    >>> list(lower([("Σ", 0), ("İ", 1)])) == [("σ", 0), ("i", 1), ("\u0307", 1)]
    True
    """
    for char, origin in found:
        for small in characters.lowered(char):
            yield small, origin
