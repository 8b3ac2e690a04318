"""What the fast path looks things up in: bounded caches, a table of characters, a trie."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from scratch_bert.tokenization.characters import is_punctuation, order
from scratch_bert.tokenization.normalizer import Normalizer

V = TypeVar("V")

KEPT = 40  # characters of the longest text a cache remembers
CHARACTERS = 1 << 15  # code points a table of characters holds


class Remembered(dict[str, V]):
    """A function's results; of too many the older half is dropped.

    >>> doubled = Remembered(lambda text: text * 2, size=2)
    >>> [doubled[text] for text in ("a", "b", "c", "a")], list(doubled)
    (['aa', 'bb', 'cc', 'aa'], ['c', 'a'])

    Args:
        compute: the function.
        size: results at most.
    """

    def __init__(self, compute: Callable[[str], V], size: int) -> None:
        super().__init__()
        self._compute = compute
        self._size = size

    def __missing__(self, key: str) -> V:
        value = self._compute(key)
        if len(key) <= KEPT:
            if len(self) >= self._size:
                for old in list(self)[: len(self) - self._size // 2]:
                    self.pop(old, None)  # another thread may have dropped it
            self[key] = value
        return value


class ReordersError(Exception):
    """A character that trades places with its neighbours: no table of characters can spell it."""


class Spelling(dict[int, str]):
    """Code point → what the normalizer makes of it, for str.translate.

    >>> "Né à Kyōto, 京都".translate(Spelling(Normalizer(), apart=True)).split()
    ['ne', 'a', 'kyoto', ',', '京', '都']

    Args:
        normalizer: is asked about each character once.
        apart: put spaces around punctuation, so that a split cuts it off.
    """

    def __init__(self, normalizer: Normalizer, *, apart: bool) -> None:
        super().__init__()
        self._normalizer = normalizer
        self._apart = apart

    def __missing__(self, code: int) -> str:
        text = self._normalizer.normalize(chr(code)).text
        if self._normalizer.strips_accents and any(map(order, text)):
            raise ReordersError
        if self._apart:
            text = "".join(f" {char} " if is_punctuation(char) else char for char in text)
        if len(self) >= CHARACTERS:
            self.clear()
        self[code] = text
        return text


def trie(pieces: Mapping[str, int]) -> dict[str, Any]:
    """Nest dictionaries, a character each; where a piece ends, "" leads to its id.

    >>> trie({"a": 1, "ab": 2})
    {'a': {'': 1, 'b': {'': 2}}}
    """
    root: dict[str, Any] = {}
    for piece, i in pieces.items():
        node = root
        for char in piece:
            node = node.setdefault(char, {})
        node[""] = i
    return root
