"""Mistakes of special tokens that stand in a text."""

import re
from collections.abc import Iterator

from parity.tokenizer.adversarial_texts import SPECIAL_TOKENS
from parity.tokenizer.mistakes.rules import Right, breaking
from scratch_bert.tokenization.normalizer import clean
from scratch_bert.tokenization.pipeline import Pipeline
from scratch_bert.tokenization.splitter import Word

MISTAKES = breaking("special tokens")

Words = Iterator[tuple[int | None, Word]]

_IN_ANY_CASE = re.compile("|".join(map(re.escape, SPECIAL_TOKENS)), re.IGNORECASE)


@MISTAKES("tokenizer-special-split", Pipeline.words)
def specials_are_text(right: Right, pipeline: Pipeline, text: str, _split: bool) -> Words:
    """Special tokens were ordinary text."""
    return right(pipeline, text, split_special_tokens=True)


@MISTAKES("tokenizer-special-any-case", Pipeline.words)
def specials_in_any_case(right: Right, pipeline: Pipeline, text: str, split: bool) -> Words:
    """The case of special tokens did not matter."""
    return right(pipeline, _IN_ANY_CASE.sub(lambda found: found.group().upper(), text), split)


@MISTAKES("tokenizer-special-after-cleaning", Pipeline.words)
def specials_after_cleaning(right: Right, pipeline: Pipeline, text: str, split: bool) -> Words:
    """Text was cleaned before special tokens were found."""
    kept = [*clean(text)]
    for added, word in right(pipeline, "".join(char for char, _ in kept), split):
        yield added, Word(word.text, [kept[origin][1] for origin in word.origins])
