"""Which rule a tokenizer broke, told from one small text and what it made of it.

A known mistake that gives exactly the candidate's tokens is the explanation. Where none does, the
characters that are left in the text tell which step they concern.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from parity.tokenizer.adversarial_texts import SPECIAL_TOKENS
from parity.tokenizer.mistakes import ASCII_PUNCTUATION, RULES, mistakes
from parity.tokenizer.steps import LONGEST_WORD, Step, tokens_of


@dataclass(frozen=True)
class RuleExplanation:
    """The rule, and the known mistake that gives the same tokens, where there is one."""

    rule: str
    mistake: str | None = None

    def __str__(self) -> str:
        said = RULES[self.rule]
        return said if self.mistake is None else f"{said} (ours is as if {self.mistake})"


def explain(
    text: str, ours: Sequence[str], theirs: Sequence[str], made: Any, steps: Mapping[str, Step]
) -> RuleExplanation:
    """Name the rule that a candidate broke on a text.

    Args:
        text: the text, as small as it can be.
        ours: the candidate's tokens.
        theirs: the reference's tokens.
        made: the reference's tokenizer.
        steps: its steps.
    """
    if list(ours) == list(theirs):
        return RuleExplanation("offsets")
    for mistake in mistakes(steps):
        if ["[CLS]", *tokens_of(text, {**steps, **mistake.parts}), "[SEP]"] == list(ours):
            return RuleExplanation(mistake.stages[0], mistake.description)
    added = set(made.get_added_vocab()) - set(SPECIAL_TOKENS)
    if any(token.lower() in text.lower() for token in added):
        return RuleExplanation("added tokens")
    return RuleExplanation(_concerned(text, steps))


def _concerned(text: str, steps: Mapping[str, Step]) -> str:
    """The first step that does anything to the text; what is rare is asked first."""
    if len(steps["parts"](text)) > 1:
        return "special tokens"
    if any(len(word) > LONGEST_WORD for word in steps["words"](text)):
        return "long"
    for char in text:
        cleaned = steps["clean"](char)
        if not cleaned:
            return "clean"
        if cleaned != char:
            return "whitespace"
    for name in ("cjk", "accents", "lower"):
        if any(steps[name](char) != char for char in text):
            return name
    for char in text:  # the reference leaves it alone; a newer Unicode, or another rule, does not
        kind = unicodedata.category(char)
        if char in ASCII_PUNCTUATION or kind[0] == "P":
            return "words"
        if kind[0] == "M" or unicodedata.normalize("NFD", char) != char:
            return "accents"
        if char.lower() != char:
            return "lower"
        if kind[0] == "C":
            return "clean"
    return "pieces"
