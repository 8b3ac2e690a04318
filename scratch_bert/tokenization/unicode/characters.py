r"""What the reference asks of one character, answered from tables and never from Python's Unicode.

>>> is_punctuation("\u2e42"), is_punctuation("\u2e43")  # Unicode 7.0; 9.0, too young to be known
(True, False)
"""

from bisect import bisect_right
from collections.abc import Iterator
from functools import cache

from scratch_bert.tokenization.unicode import tables

# Where the ideographs are. The reference has 2B920 for 2B820, so 2B820 to 2B91F are missing.
CJK = "3400+19C0 4E00+5200 F900+200 20000+A6E0 2A700+1120 2B920+1590 2F800+220"

# Each table is read when it is first asked.


def codes(run: str) -> range:
    """The code points of a run of a table.

    >>> codes("41"), codes("41+1A"), codes("100+18/2")
    (range(65, 66), range(65, 91), range(256, 304, 2))
    """
    run, _, step = run.partition("/")
    first, _, count = run.partition("+")
    start, stride = int(first, 16), int(step or "1")
    return range(start, start + int(count or "1", 16) * stride, stride)


@cache
def _bounds(table: str) -> list[int]:
    """Where the runs of a table begin and end: an odd number of bounds lie below what is inside."""
    return [bound for run in map(codes, table.split()) for bound in (run.start, run.stop)]


def _inside(char: str, table: str) -> bool:
    return bisect_right(_bounds(table), ord(char)) % 2 == 1


def _chars(table: str) -> Iterator[str]:
    """Each character of a table."""
    return (chr(code) for run in table.split() for code in codes(run))


@cache
def _mapping(table: str) -> dict[str, str]:
    """Read a table of mappings: 41+1A>61, or 130>69.307."""
    mapping: dict[str, str] = {}
    for entry in table.split():
        run, _, target = entry.partition(">")
        sources = codes(run)
        first, *rest = (int(part, 16) for part in target.split("."))
        targets = range(first, first + len(sources) * sources.step, sources.step)
        mapping.update(zip(map(chr, sources), map(chr, targets), strict=True))
        if rest:
            mapping[chr(sources.start)] += "".join(map(chr, rest))
    return mapping


@cache
def _bases() -> dict[str, str]:
    """Accented character → what is left of it."""
    single = dict(zip(_chars(tables.ACCENTED), tables.BASES, strict=True))
    return single | _mapping(tables.SEVERAL)


@cache
def _orders() -> dict[str, int]:
    """Combining character → the rank of its class, from 1."""
    classes = enumerate(tables.ORDERS.split("|"), start=1)
    return {char: rank for rank, runs in classes for char in _chars(runs)}


def is_removed(char: str) -> bool:
    r"""Control, format and private-use characters, NUL and the replacement character.

    >>> is_removed("\u200b"), is_removed("\x0b"), is_removed("\t")
    (True, True, False)
    """
    return _inside(char, tables.REMOVED)


def is_space(char: str) -> bool:
    r"""Tab, line ends and Unicode's separators; vertical tab and form feed are removed instead.

    >>> is_space("\u3000"), is_space("\n"), is_space("\x0c")
    (True, True, False)
    """
    return _inside(char, tables.SPACES)


def is_cjk(char: str) -> bool:
    """Chinese, Japanese and Korean ideographs; not Hangul, Hiragana or Katakana.

    >>> is_cjk("東"), is_cjk("ト"), is_cjk("한")
    (True, False, False)
    """
    return _inside(char, CJK)


def is_punctuation(char: str) -> bool:
    """Unicode's punctuation, and in ASCII also $, +, <, =, >, ^, `, | and ~.

    >>> is_punctuation("«"), is_punctuation("$"), is_punctuation("€")
    (True, True, False)
    """
    return _inside(char, tables.PUNCTUATION)


def is_word_character(char: str) -> bool:
    r"""Letters, marks, digits and connectors: what a token of `single_word` may not stand beside.

    >>> is_word_character("é"), is_word_character("_"), is_word_character("-")
    (True, True, False)
    """
    return _inside(char, tables.WORD)


def is_strippable(char: str) -> bool:
    r"""White space, which a token with `lstrip` or `rstrip` takes with it; more than `is_space`.

    >>> is_strippable(" "), is_strippable("\x0b"), is_strippable("\u200b")
    (True, True, False)
    """
    return _inside(char, tables.STRIPPABLE)


def lowered(char: str) -> str:
    r"""Lower case of a character by itself; one alone becomes two, İ.

    >>> lowered("Σ"), lowered("ß"), lowered("İ") == "i\u0307"
    ('σ', 'ß', True)
    """
    return _mapping(tables.LOWER).get(char, char)


def without_accents(char: str) -> str:
    r"""What canonical decomposition leaves of a character when nonspacing marks are dropped.

    >>> without_accents("ệ"), without_accents("\u0301"), without_accents("ø")
    ('e', '', 'ø')
    >>> [hex(ord(jamo)) for jamo in without_accents("각")]
    ['0x1100', '0x1161', '0x11a8']
    """
    if "\uac00" <= char <= "\ud7a3":
        rest, final = divmod(ord(char) - 0xAC00, 28)
        initial, vowel = divmod(rest, 21)
        return chr(0x1100 + initial) + chr(0x1161 + vowel) + (chr(0x11A7 + final) if final else "")
    return "" if _inside(char, tables.NONSPACING) else _bases().get(char, char)


def order(char: str) -> int:
    r"""Rank of a combining character's class; 0 for all others, which no character moves past.

    Decomposition puts those that follow each other into the order of their ranks. Most are
    nonspacing and dropped, but 83 are not, such as the stem and the dot of a musical note:

    >>> order("\U0001d165") < order("\u0323") < order("\U0001d16d"), order("a"), order("\u034f")
    (True, 0, 0)
    """
    return _orders().get(char, 0)
