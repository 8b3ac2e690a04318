"""Token-classification mistakes."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from parity.core.mistake import Mistake
from parity.inference.mistakes.batching import of_batches
from parity.inference.right import tagging
from parity.inference.right.classifying import Numbers, sigmoid, softmax
from parity.inference.right.grouping import Piece
from parity.inference.right.machine import Row
from parity.suite.mistake import instead

_AGGREGATION = {
    "first": "the first token's label is its word's",
    "average": "the mean of the tokens' probabilities decides",
    "max": "the token that is the most certain decides",
}
_PIECES = "a word whose pieces have several labels"


def _mean_logits(word: Sequence[Piece]) -> Numbers:
    return softmax(np.mean([np.log(piece.scores) for piece in word], axis=0))


def _no_special_ids(tokenizer: Any, row: Row) -> list[int]:
    return [place for place, i in enumerate(row.ids) if i not in tokenizer.all_special_ids]


def _at_spaces(_: str, text: str, start: int, __: int) -> bool:
    return start > 0 and not text[start - 1].isspace()


_tag = partial(instead, "tag")

MISTAKES: tuple[Mistake, ...] = (
    _tag(
        "tags-logits",
        "the scores are logits, not probabilities",
        "softmax over the labels of each token",
        detected_by="any text",
        scores=lambda logits: logits,
    ),
    _tag(
        "tags-sigmoid",
        "each label has a probability of its own",
        "softmax over the labels of each token",
        detected_by="any text",
        scores=sigmoid,
    ),
    _tag(
        "tags-first-is-last",
        "with first, a word's last token decides",
        _AGGREGATION["first"],
        detected_by=_PIECES,
        seen="a dict of word_ids that later tokens overwrite",
        first=lambda word: word[-1].scores,
    ),
    _tag(
        "tags-average-of-logits",
        "with average, it is the logits whose mean is taken",
        _AGGREGATION["average"],
        detected_by=_PIECES,
        average=_mean_logits,
    ),
    _tag(
        "tags-average-is-max",
        "with average, the most certain token decides",
        _AGGREGATION["average"],
        detected_by=_PIECES,
        average=tagging.most_certain,
    ),
    _tag(
        "tags-max-is-average",
        "with max, the mean of the tokens decides",
        _AGGREGATION["max"],
        detected_by=_PIECES,
        most_certain=tagging.average,
    ),
    _tag(
        "tags-max-of-each",
        "with max, it is the largest score of each label",
        _AGGREGATION["max"],
        detected_by=_PIECES,
        seen="scores.max(axis=0), and of that the best; it is the same",
        equivalent="the largest of all is the best label's, and it is that token's",
        most_certain=lambda word: np.max([piece.scores for piece in word], axis=0),
    ),
    _tag(
        "tags-end-inclusive",
        "the end is the place of the last character",
        "from its first character to past its last one",
        detected_by="any text",
        end=lambda end: end - 1,
    ),
    _tag(
        "tags-index-without-cls",
        "a token's index is counted without [CLS]",
        "the place in input_ids",
        detected_by="aggregation none",
        index=lambda index: index - 1,
    ),
    _tag(
        "tags-unknown-word",
        "a word that the vocabulary does not have is returned as [UNK]",
        "text[start:end] for an unknown token",
        detected_by="a word that the vocabulary does not have",
        unknown=lambda _tokenizer, token, _text: token,
    ),
    _tag(
        "tags-words-at-spaces",
        "words end at spaces only, so that punctuation belongs to them",
        "a token goes on with a word if it begins with ##",
        detected_by="punctuation behind a word",
        seen="tokenized.word_ids of text.split()",
        continues=_at_spaces,
    ),
    _tag(
        "tags-words-by-hashes",
        "a token goes on with a word if it begins with ##, and never else",
        "as HF: a token that is not as long as its text goes on with a word, one with a mark, too",
        detected_by="a letter with a combining mark",
        continues=lambda token, _text, _start, _end: token.startswith("##"),
    ),
    _tag(
        "tags-special-told",
        "[CLS] and [SEP] are returned as tokens",
        "leave out what special_tokens_mask marks",
        detected_by="any text",
        told_of=lambda _, row: [*range(len(row.ids))],
    ),
    _tag(
        "tags-typed-special-lost",
        "a [SEP] that stands in the text itself is left out",
        "leave out what special_tokens_mask marks",
        detected_by="a special token in a text",
        seen="if i not in tokenizer.all_special_ids",
        told_of=_no_special_ids,
    ),
    *of_batches("tag", "tags"),
)
