"""What tokenizers get wrong: pools of characters and pieces, and random texts made of them.

The running Python's Unicode data only chooses what is tried here; what is right is the
reference's business alone.
"""

# ruff: noqa: RUF001, SIM905

import random
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import accumulate

# Pieces chosen by hand, for what they do to a tokenizer.
SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
NEARLY_SPECIAL = (
    *("[mask]", "[Mask]", "[MA\u200bSK]", "[MASK", "MASK]", "[[MASK]]", "[ MASK ]", "[MÁSK]", "##"),
    *("##ing", "[unused1]", "[MASK]\u0301", "\u0301[SEP]", "[ＭＡＳＫ]", "[", "]", "[]"),
)
SPACES = "\t\n\r\xa0\u1680\u2000\u2001\u2002\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
NO_SPACES = "\x0b\x0c\x1c\x1d\x1e\x1f\x85\u180e\u200b\u200c\u200d\u2060\ufeff"
CJK_EDGES = (
    *(0x3400, 0x4DBF, 0x4E00, 0x9FFF, 0xF900, 0xFAFF, 0x20000, 0x2A6DF, 0x2A700, 0x2B73F),
    *(0x2B740, 0x2B81F, 0x2B820, 0x2B91F, 0x2B920, 0x2CEAF, 0x2CEB0, 0x2F800, 0x2FA1F, 0x30000),
)
SCRIPTS = (
    "русский Ёлка ελληνικός ΟΔΟΣ Άνθρωπος العربية مُحَمَّد עִבְרִית हिन्दी ক্ষ ไทย ລາວ မြန်မာ ខ្មែរ 한국어 각 "
    "ひらがな カタカナ が ﾊﾝｶｸ 東京 漢字かな Việt Tiếng Éclair naïve Straße İstanbul ısı ŁÓDŹ Ǆ ǅ "
    "Ꭰꭰ ᲐᲑ 𐐀𐐨 ﬁn ½ x² ℌ Ａｂ ꙮ ሰላም ᠮᠣᠩ ꦗꦮ"
).split()
EMOJI = (
    "😀 👍🏽 👨\u200d👩\u200d👧 🏳\ufe0f\u200d🌈 ❤\ufe0f ❤ 1\ufe0f\u20e3 🇫🇷 "
    "🇫 👩🏿\u200d🚀 ☺\ufe0e 🏴\U000e0067\U000e0062\U000e007f"
).split()
LONG = (
    *("a" * 99, "a" * 100, "B" * 101, "é" * 60, "e\u0301" * 51, "ß" * 100, "x\u200b" * 60),
    *("ab" * 101, "the" * 40, "\u0301" * 101 + "a"),
)

LAST = 0x10FFFF

# A scalar value alone, after, before and inside a word, doubled, between a letter and its accent,
# beside punctuation, beside CJK characters, between special tokens, beside a capital sigma.
CONTEXTS = "{0} a{0} {0}a a{0}b {0}{0} e{0}\u0301 .{0}, 東{0}京 [MASK]{0}[SEP] Σ{0} AΣ{0}"


def scalars(first: int = 0, last: int = LAST) -> Iterator[str]:
    """Every Unicode scalar value from first to last: all code points but the surrogates."""
    return (chr(i) for i in range(first, last + 1) if not 0xD800 <= i <= 0xDFFF)


@cache
def pools() -> dict[str, tuple[float, tuple[str, ...]]]:
    """Return each pool's weight and pieces; a pool's pieces are equally likely."""
    categories: dict[str, list[str]] = defaultdict(list)
    composed, cased, compatible = [], [], []
    for char in (*scalars(last=0x1FFFF), *scalars(0x2F800, 0x2FA1F), *scalars(0xE0000, 0xE01FF)):
        categories[unicodedata.category(char)].append(char)
        if unicodedata.normalize("NFD", char) != char and not "가" < char <= "힣":
            composed.append(char)
        if char.lower() != char:
            cased.append(char)
        if unicodedata.decomposition(char).startswith("<"):
            compatible.append(char)

    def of(start: str) -> tuple[str, ...]:
        return tuple(c for name, found in categories.items() if name[0] == start for c in found)

    return {
        "space": (22, (" ",)),
        "letters": (18, tuple("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")),
        "ascii punctuation": (5, tuple("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")),
        "spaces": (4, tuple(SPACES)),
        "no spaces": (4, tuple(NO_SPACES)),
        "removed": (2, (*categories["Cc"], *categories["Cf"], "\ue000", "\U0010fffd", "\ufffd")),
        "unassigned": (0.5, ("\u0378", "\ufffe", "\uffff", "\U000e0080", "\U0001fffe")),
        "punctuation": (3, of("P")),
        "symbols": (1.5, of("S")),
        "ideographs": (4, tuple(chr(i + d) for i in CJK_EDGES for d in (-1, 0, 1))),
        "marks": (6, of("M")),
        "composed": (4, tuple(composed)),
        "case": (4, (*cased, *"ßſıςΣΣΣ")),
        "compatible": (1, tuple(compatible)),
        "hangul": (
            1,
            (*"가각힣", *map(chr, range(0x1100, 0x1113)), *map(chr, range(0x1161, 0x11C3))),
        ),
        "scripts": (5, tuple(SCRIPTS)),
        "emoji": (2, tuple(EMOJI)),
        "special": (4, SPECIAL_TOKENS),
        "nearly special": (3, NEARLY_SPECIAL),
        "long": (0.15, LONG),
    }


@cache
def characters() -> frozenset[str]:
    """Every character of the pools."""
    return frozenset("".join(piece for _, pieces in pools().values() for piece in pieces))


class TextSource:
    """Draws random texts by the ten thousand.

    Args:
        vocabulary: pieces to draw from besides the pools.
        added_tokens: further tokens that are found in text.
    """

    _FRESH = 200  # arbitrary scalar values, drawn anew for each batch
    _LENGTHS = (1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 7, 8, 9, 10, 12, 16)

    def __init__(self, vocabulary: Iterable[str], added_tokens: Sequence[str] = ()) -> None:
        pieces = [word.removeprefix("##") for word in vocabulary if word.strip()]
        weighted = [(12.0, tuple(pieces)), *pools().values()]
        if added_tokens:
            nearly = [
                change(t) for t in added_tokens for change in (str.upper, str.lower, "{}s".format)
            ]
            weighted.append((8.0, (*added_tokens, *added_tokens, *nearly)))
        self._pieces = [piece for _, group in weighted for piece in group]
        each = [weight / len(group) for weight, group in weighted for _ in group]
        self._weights = list(accumulate([*each, *[2.0 / self._FRESH] * self._FRESH]))

    def texts(self, choose: random.Random, number: int) -> list[str]:
        """Return that many texts."""
        code_points = choose.choices(range(LAST + 1 - 0x800), k=self._FRESH)
        fresh = [chr(i if i < 0xD800 else i + 0x800) for i in code_points]
        lengths = choose.choices(self._LENGTHS, k=number)
        drawn = choose.choices([*self._pieces, *fresh], cum_weights=self._weights, k=sum(lengths))
        ends = accumulate(lengths)
        return ["".join(drawn[end - n : end]) for end, n in zip(ends, lengths, strict=True)]
