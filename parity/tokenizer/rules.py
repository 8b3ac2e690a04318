"""Which rule a tokenizer broke, told from one small text and what it made of it.

A known mistake that gives exactly the candidate's ids is the explanation. Where none does, the
characters that are left in the text tell which step they concern, and a few texts of whole pieces
tell words that are wrongly cut from words that are wrongly cut up.
"""

import string
import unicodedata

from parity import reference
from parity.tokenizer.adversarial_texts import SPECIAL_TOKENS
from parity.tokenizer.folders import Configuration
from parity.tokenizer.mistakes.catalogue import CATALOGUE
from parity.tokenizer.mistakes.rules import RULES
from parity.tokenizer.pair import TokenizerPair
from parity.tokenizer.whole_words import cuts_words_otherwise, depends_on_length


def text_rule(pair: TokenizerPair, text: str) -> str:
    """Name the rule that a candidate broke on a text, and the known mistake that gives its ids.

    Args:
        pair: both tokenizers.
        text: the text, as small as it can be.
    """
    rows = pair.our_rows([text])
    if isinstance(rows, Exception):
        return _rule_of_error(pair, rows)
    explaining = [each for each in CATALOGUE.values() if pair.gives(each, text, rows)]
    their_ids, their_offsets = reference.ids_and_offsets(pair.theirs, [text])
    ours = list(rows[0][0])
    if [ours] == their_ids:
        is_wrong = rows[1] is not None and [*map(tuple, rows[1][0])] != their_offsets[0]
        if not is_wrong or not explaining:
            return RULES["offsets"]
    elif not explaining:  # its offsets may be wrong besides
        known = CATALOGUE.values()
        explaining = [each for each in known if pair.mistaken(each, text)[0] == ours]
    if explaining:
        return f"{explaining[0].fix} (ours is as if {explaining[0].description})"
    added = set(pair.theirs.get_added_vocab()) - set(SPECIAL_TOKENS)
    if any(token.lower() in text.lower() for token in added):
        return RULES["added tokens"]
    if any(token in text for token in SPECIAL_TOKENS):
        return RULES["special tokens"]
    if depends_on_length(pair, text):
        return RULES["long"]
    rule = _concerned(text, pair.configuration)
    return RULES["words" if rule == "pieces" and cuts_words_otherwise(pair) else rule]


def _rule_of_error(pair: TokenizerPair, error: Exception) -> str:
    """Name the rule of an error: a token without an id was cut wrongly."""
    key = error.args[0] if isinstance(error, KeyError) and error.args else None
    if isinstance(key, str) and key not in pair.theirs.get_vocab():
        return f"{RULES['pieces']} (ours looks for the id of {key!a}, which has none)"
    return "a text has ids; none is an error"


def _concerned(text: str, configuration: Configuration) -> str:
    """The first step that does anything to the text; what is rare is asked first."""
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
