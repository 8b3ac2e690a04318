"""What the fast path looks things up in: bounded caches, a table of characters, a trie."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from scratch_bert.tokenization.normalizer import Normalizer
from scratch_bert.tokenization.unicode.characters import is_punctuation, order

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
    """A character that trades places with its neighbors: no table of characters can spell it."""


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


class Trie:
    """Pieces as nested dictionaries, a character each; where a piece ends, "" leads to its id.

    What begins with a character is nested when it is first asked for: a text needs little of it.

    >>> Trie({"a": 1, "ab": 2}).get("a")
    {'': 1, 'b': {'': 2}}

    Args:
        pieces: piece → id.
    """

    def __init__(self, pieces: Mapping[str, int]) -> None:
        self._pieces: dict[str, list[str]] = {}
        for piece in pieces:
            self._pieces.setdefault(piece[:1], []).append(piece)
        self._ids = pieces
        self._nested: dict[str, dict[str, Any]] = {}

    def get(self, char: str) -> dict[str, Any] | None:
        """Return what begins with a character; None if nothing does."""
        if char not in self._nested:
            if char not in self._pieces:
                return None
            self._nested[char] = self._nest(char)
        return self._nested[char]

    def _nest(self, char: str) -> dict[str, Any]:
        root: dict[str, Any] = {}
        for piece in self._pieces[char]:
            node = root
            for each in piece[1:]:
                node = node.setdefault(each, {})
            node[""] = self._ids[piece]
        return root
