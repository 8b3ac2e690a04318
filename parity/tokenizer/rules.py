"""Which rule a tokenizer broke, told from one small text and what it made of it.

A known mistake that gives exactly the candidate's ids is the explanation. Where none does, the
characters that are left in the text tell which step they concern.
"""

import string
import unicodedata

from parity import reference
from parity.tokenizer.adversarial_texts import SPECIAL_TOKENS
from parity.tokenizer.folders import Configuration
from parity.tokenizer.mistakes.catalogue import CATALOGUE
from parity.tokenizer.mistakes.rules import RULES
from parity.tokenizer.pair import TokenizerPair

_LONGEST_WORD = 100


def text_rule(pair: TokenizerPair, text: str) -> str:
    """Name the rule that a candidate broke on a text, and the known mistake that gives its ids.

    Args:
        pair: both tokenizers.
        text: the text, as small as it can be.
    """
    rows = pair.our_rows([text])
    if isinstance(rows, Exception):
        return "a text has ids; none is an error"
    ours = list(rows[0][0])
    if [ours] == reference.ids_and_offsets(pair.theirs, [text])[0]:
        return RULES["offsets"]
    for mistake in CATALOGUE.values():
        if pair.mistaken(mistake, text) == ours:
            return f"{mistake.fix} (ours is as if {mistake.description})"
    added = set(pair.theirs.get_added_vocab()) - set(SPECIAL_TOKENS)
    if any(token.lower() in text.lower() for token in added):
        return RULES["added tokens"]
    return RULES[_concerned(text, pair.configuration)]


def _concerned(text: str, configuration: Configuration) -> str:
    """The first step that does anything to the text; what is rare is asked first."""
    if any(token in text for token in SPECIAL_TOKENS):
        return "special tokens"
    if any(len(word) > _LONGEST_WORD for word in reference.words(text)):
        return "long"
    for char in text:
        cleaned = reference.normalize(char, clean_text=True)
        if not cleaned:
            return "clean"
        if cleaned != char:
            return "whitespace"
    for rule, steps in (
        ("cjk", {"handle_chinese_chars": configuration.tokenize_chinese_chars}),
        ("accents", {"strip_accents": configuration.strips_accents}),
        ("lower", {"lowercase": configuration.do_lower_case}),
    ):
        if any(reference.normalize(char, **steps) != char for char in text):
            return rule
    for char in text:  # the reference leaves it alone; a newer Unicode, or another rule, does not
        kind = unicodedata.category(char)
        if char in string.punctuation or kind[0] == "P":
            return "words"
        if kind[0] == "M" or unicodedata.normalize("NFD", char) != char:
            return "accents"
        if char.lower() != char:
            return "lower"
        if kind[0] == "C":
            return "clean"
    return "pieces"
