"""The rules that a tokenizer breaks: what to do instead."""

from collections.abc import Callable
from typing import Any

from parity.suite.mistake import KnownMistakes

Right = Callable[..., Any]

RULES = {
    "special tokens": "special tokens split off raw text: before anything else, in this very case",
    "clean": "clean: Cc, Cf, Co (Unicode 8.0), U+0000 and U+FFFD are removed without a trace",
    "whitespace": "whitespace: \\t, \\n, \\r, Zs, U+2028 and U+2029 separate words, no more",
    "cjk": "CJK padding: each ideograph is a word (2B820 to 2B91F, kana and hangul are none)",
    "accents": "accents (NFD 9.0, Mn 8.0): stripped if strip_accents, or do_lower_case, says so",
    "lower": "lower case (Unicode 17.0): character by character, no final sigma",
    "words": "punctuation: ASCII's 32 signs and P* of Unicode 8.0 stand alone, after NFD",
    "long": "wordpiece: a word over 100 characters, counted after normalization, is [UNK]",
    "pieces": "wordpiece: longest piece first; a word that cannot be cut up is one [UNK]",
    "offsets": "offsets: where in the original string a token's characters came from",
    "added tokens": "added tokens: lstrip, rstrip, single_word and normalized decide what is found",
}


def order_of(told: str) -> int:
    """Tell when a rule that a report tells is applied: 0 first; an error comes before all rules."""
    return next((i for i, rule in enumerate(RULES.values()) if told.startswith(rule)), -1)


def breaking(rule: str) -> KnownMistakes:
    """Collect the known mistakes that break a rule."""
    return KnownMistakes(rule, "texts that the rule concerns", RULES[rule])
