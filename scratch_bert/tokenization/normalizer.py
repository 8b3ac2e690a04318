r"""Step one: clean a text, and keep for each character the place it came from.

>>> text, origins = Normalizer().normalize("\tCafe\u0301\u200b 東!")
>>> text
' cafe  東 !'
>>> origins  # the accent (5) and the zero-width space (6) are gone; 東 and two spaces come from 8
[0, 1, 2, 3, 4, 7, 8, 8, 8, 9]
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from scratch_bert.tokenization.unicode import characters, marks


class Normalized(NamedTuple):
    """A normalized text.

    Attributes:
        text: the text after cleaning.
        origins: for each character of `text` the index of the original character that it comes
            from; they never decrease.
    """

    text: str
    origins: list[int]


@dataclass(frozen=True)
class Normalizer:
    """The rules by which a checkpoint's tokenizer cleans text (HF `BertNormalizer`).

    Attributes:
        lowercase: HF `do_lower_case`; False for cased checkpoints.
        strip_accents: é → e; None means as `lowercase`.
        split_cjk: make each ideograph a word of its own (HF `tokenize_chinese_chars`).
    """

    lowercase: bool = True
    strip_accents: bool | None = None
    split_cjk: bool = True

    @property
    def strips_accents(self) -> bool:
        """Whether accents are dropped: `strip_accents`, or where that is None `lowercase`."""
        return self.lowercase if self.strip_accents is None else self.strip_accents

    def normalize(self, text: str) -> Normalized:
        """Clean, separate ideographs, strip accents, lowercase; in this order.

        >>> Normalizer(lowercase=False).normalize("Ça va").text
        'Ça va'
        """
        # The order is HF's; Google's BasicTokenizer lowercases before it strips accents.
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
    r"""Drop invisible characters; all white space becomes a space (Google's `_clean_text`).

    >>> list(clean("a\x00\u3000"))
    [('a', 0), (' ', 2)]
    """
    for origin, char in enumerate(text):
        # White space comes first, for tab and line ends are control characters too.
        if characters.is_space(char):
            yield " ", origin
        # No piece contains an invisible character: if one were kept, its word would become [UNK].
        elif not characters.is_removed(char):
            yield char, origin


def separate_cjk(found: Characters) -> Characters:
    """Put a space before and after each ideograph, which makes it a word of its own.

    Chinese has no spaces between words, so a whole clause would be one word. Hangul and kana are
    left alone: they are cut into pieces as letters are (google-research/bert, multilingual.md).

    >>> list(separate_cjk([("東", 0)]))
    [(' ', 0), ('東', 0), (' ', 0)]
    """
    for char, origin in found:
        if characters.is_cjk(char):
            yield from ((" ", origin), (char, origin), (" ", origin))
        else:
            yield char, origin


def strip_accents(found: Characters) -> Characters:
    r"""Decompose (Unicode's NFD), then drop the nonspacing marks (category Mn).

    é may be one character, a letter. Decomposed into e and U+0301 it shows the mark to drop; ø has
    no decomposition and stays.

    >>> list(strip_accents([("é", 0), ("\u0301", 1), ("ø", 2)]))
    [('e', 0), ('ø', 2)]
    """
    parts = ((char, characters.without_accents(char), origin) for char, origin in found)
    # NFD also sorts marks that follow each other; some of those are not dropped.
    return marks.in_canonical_order(parts)


def lower(found: Characters) -> Characters:
    r"""Lower the case of each character by itself (HF); `str.lower` would make ς of a last Σ.

    >>> list(lower([("Σ", 0), ("İ", 1)])) == [("σ", 0), ("i", 1), ("\u0307", 1)]
    True
    """
    for char, origin in found:
        for small in characters.lowered(char):
            yield small, origin
