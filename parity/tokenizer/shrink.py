"""From a text that shows a difference to the least text that still shows one."""

import unicodedata
from collections.abc import Callable


def shrink(text: str, fails: Callable[[str], bool]) -> str:
    r"""Drop code points, then make those left simpler, for as long as the text still fails.

    >>> shrink("some long\u200btext", lambda text: "\u200b" in text)
    '\u200b'
    >>> shrink("Was für Größen!", lambda text: text != text.casefold().upper() and "ß" in text)
    'ß'

    Args:
        text: a text that fails.
        fails: whether a text does.
    """
    before = None
    while text != before:
        before = text
        text = _simpler(_shorter(text, fails), fails)
    return text


def _shorter(text: str, fails: Callable[[str], bool]) -> str:
    size = len(text)
    while size:
        start = 0
        while start < len(text):
            without = text[:start] + text[start + size :]
            if fails(without):
                text = without
            else:
                start += size
        size //= 2
    return text


def _simpler(text: str, fails: Callable[[str], bool]) -> str:
    for place in range(len(text)):
        for char in _instead(text[place]):
            other = text[:place] + char + text[place + 1 :]
            if fails(other):
                text = other
                break
    return text


def _instead(char: str) -> list[str]:
    """Simpler characters, the simplest first; none leads back, so that shrinking ends."""
    order = ["a", "A", "é", char.lower(), unicodedata.normalize("NFD", char)[0]]
    if char in order[:3]:
        return order[: order.index(char)]
    return [other for other in order if other < char and len(other) == 1]
