"""Mistakes of what counts as punctuation, and of when it is cut off."""

import unicodedata
from string import punctuation as ASCII

from parity.tokenizer.mistakes.rules import Right, breaking
from scratch_bert.tokenization.normalizer import Characters, clean
from scratch_bert.tokenization.unicode.characters import is_punctuation

MISTAKES = breaking("words")


def _is_pythons(_: Right, char: str) -> bool:
    return char in ASCII or unicodedata.category(char)[0] == "P"


def _is_none(_: Right, char: str) -> bool:  # noqa: ARG001
    return False


@MISTAKES("tokenizer-punctuation-before-nfd", clean, words=(is_punctuation, _is_none))
def punctuation_before_nfd(right: Right, text: str) -> Characters:
    """Punctuation was looked for before NFD."""
    for char, origin in right(text):
        isolated = f" {char} " if _is_pythons(right, char) else char
        yield from ((each, origin) for each in isolated)


@MISTAKES("tokenizer-punctuation-ascii", is_punctuation)
def punctuation_is_ascii(_: Right, char: str) -> bool:
    """Only ASCII punctuation counted."""
    return char in ASCII


@MISTAKES("tokenizer-punctuation-no-symbols", is_punctuation)
def punctuation_without_symbols(_: Right, char: str) -> bool:
    """$, +, < and their like in ASCII did not count as punctuation."""
    return unicodedata.category(char)[0] == "P"


@MISTAKES("tokenizer-punctuation-symbols", is_punctuation)
def symbols_are_punctuation(_: Right, char: str) -> bool:
    """Symbols counted as punctuation."""
    return unicodedata.category(char)[0] in "PS"


PYTHON = MISTAKES(
    "tokenizer-punctuation-python",
    is_punctuation,
    description="Python's Unicode data decided what punctuation is",
)(_is_pythons)
IN_WORDS = MISTAKES(
    "tokenizer-punctuation-in-words", is_punctuation, description="punctuation stayed in words"
)(_is_none)
