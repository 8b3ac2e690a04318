"""Labels of the tokens of tagged words, by the rule of HuggingFace's run_ner.py.

HuggingFace has the rule in an example script only, not in a package.
"""

from collections.abc import Sequence
from typing import Any

from parity import reference
from parity.suite.training_runs import IGNORED


def label_tokens(
    tokenizer: Any,
    words: Sequence[str],
    tags: Sequence[str],
    labels: Sequence[str],
    max_length: int,
) -> dict[str, list[int]]:
    """Tokenize words; the first token of a word has its tag, all other tokens -100.

    Args:
        tokenizer: the reference's.
        words: a sentence.
        tags: one for each word.
        labels: all tags, by their numbers.
        max_length: tokens at most.
    """
    options = {"is_split_into_words": True, "truncation": True, "max_length": max_length}
    encoding = reference.call(tokenizer, [list(words)], options)
    found, before = list[int](), None
    for word in encoding.word_ids():
        is_first = word is not None and word != before
        found.append(labels.index(tags[word]) if is_first else IGNORED)
        before = word
    return {"input_ids": encoding["input_ids"], "labels": found}
