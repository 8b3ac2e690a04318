"""Step one: clean the text and cut it into words and punctuation marks."""

import unicodedata
from dataclasses import dataclass


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

    def normalize(self, text: str) -> str:
        r"""Clean, separate CJK characters, strip accents, lower the case; in this order.

        >>> Normalizer().normalize("Café\tau 東京")
        'cafe au  東  京 '
        """
        text = "".join(" " if is_space(c) else c for c in text if not is_removed(c))
        if self.split_cjk:
            text = "".join(f" {c} " if is_cjk(c) else c for c in text)
        if self.lowercase if self.strip_accents is None else self.strip_accents:
            decomposed = unicodedata.normalize("NFD", text)
            text = "".join(c for c in decomposed if unicodedata.category(c) != "Mn")
        if self.lowercase:
            text = "".join(c.lower() for c in text)  # one by one: no final sigma
        return text

    def words(self, text: str) -> list[str]:
        """Normalise text and cut it at white space and around each punctuation mark.

        >>> Normalizer().words("Don't panic!")
        ['don', "'", 't', 'panic', '!']
        """
        spaced = "".join(f" {c} " if is_punctuation(c) else c for c in self.normalize(text))
        return [word for word in spaced.split(" ") if word]


def is_space(char: str) -> bool:
    """Tab, line ends and Unicode's space separators."""
    return char in "\t\n\r\u2028\u2029" or unicodedata.category(char) == "Zs"


def is_removed(char: str) -> bool:
    """Control, format and private-use characters, NUL and the replacement character."""
    return char == "\ufffd" or (
        char not in "\t\n\r" and unicodedata.category(char) in ("Cc", "Cf", "Co")
    )


def is_punctuation(char: str) -> bool:
    """Unicode's punctuation, and in ASCII also $, +, <, =, >, ^, `, | and ~."""
    if char.isascii():
        return char.isprintable() and not char.isalnum() and char != " "
    return unicodedata.category(char).startswith("P")


# Where the ideographs are. The reference has 2B920 for 2B820, so 2B820 to 2B91F are missing.
_CJK = (
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B920, 0x2CEAF),
    (0x2F800, 0x2FA1F),
)


def is_cjk(char: str) -> bool:
    """Chinese, Japanese and Korean ideographs; not Hangul, Hiragana or Katakana."""
    return any(first <= ord(char) <= last for first, last in _CJK)
