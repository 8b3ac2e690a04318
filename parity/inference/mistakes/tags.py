"""Token-classification mistakes."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from parity.inference.mistakes.batching import Changed, Right, Texts, batching_mistakes
from parity.suite.mistake import KnownMistakes
from scratch_bert.inference.run.runner import Runner
from scratch_bert.inference.run.scores import Numbers, sigmoid, softmax
from scratch_bert.inference.tasks.aggregation import Aggregation, Join, ScoredPiece, one_piece
from scratch_bert.inference.tasks.token_classification import TokenClassification
from scratch_bert.tokenization.interface.encoding import Encoding

MISTAKES = KnownMistakes("tag", "any text")

_EACH = "softmax over the labels of each token"
_FIRST = "the first token's label is its word's"
_AVERAGE = "the mean of the tokens' probabilities decides"
_MAX = "the token that is the most certain decides"
_SPECIAL = "leave out what special_tokens_mask marks"
_PIECES = "a word whose pieces have several labels"

Word = Sequence[ScoredPiece]


@MISTAKES("tags-logits", softmax, _EACH)
def scores_are_logits(_: Right, logits: Numbers) -> Numbers:
    """The scores are logits, not probabilities."""
    return logits


@MISTAKES("tags-sigmoid", softmax, _EACH)
def each_label_has_its_own_probability(_: Right, logits: Numbers) -> Numbers:
    """Each label has a probability of its own."""
    return sigmoid(logits)


def _deciding(
    aggregation: Aggregation, scores: Callable[[Word], Numbers]
) -> Callable[[Right, Word, Aggregation, Join], ScoredPiece]:
    """Let other scores of a word decide, in one aggregation."""

    def decided(right: Right, word: Word, asked: Aggregation, join: Join) -> ScoredPiece:
        piece: ScoredPiece = right(word, asked, join)
        return piece._replace(scores=scores(word)) if asked == aggregation else piece

    return decided


def _of_the_last(word: Word) -> Numbers:
    return word[-1].scores


def _mean_of_logits(word: Word) -> Numbers:
    return softmax(np.mean([np.log(piece.scores) for piece in word], axis=0))


def _mean(word: Word) -> Numbers:
    return np.mean([piece.scores for piece in word], axis=0)


def _most_certain(word: Word) -> Numbers:
    return max(word, key=lambda piece: float(piece.scores.max())).scores


def _largest_of_each(word: Word) -> Numbers:
    return np.max([piece.scores for piece in word], axis=0)


MISTAKES(
    "tags-first-is-last",
    one_piece,
    _FIRST,
    description="with first, a word's last token decides",
    detected_by=_PIECES,
    seen="a dict of word_ids that later tokens overwrite",
)(_deciding("first", _of_the_last))
MISTAKES(
    "tags-average-of-logits",
    one_piece,
    _AVERAGE,
    description="with average, it is the logits whose mean is taken",
    detected_by=_PIECES,
)(_deciding("average", _mean_of_logits))
MISTAKES(
    "tags-average-is-max",
    one_piece,
    _AVERAGE,
    description="with average, the most certain token decides",
    detected_by=_PIECES,
)(_deciding("average", _most_certain))
MISTAKES(
    "tags-max-is-average",
    one_piece,
    _MAX,
    description="with max, the mean of the tokens decides",
    detected_by=_PIECES,
)(_deciding("max", _mean))
MISTAKES(
    "tags-max-of-each",
    one_piece,
    _MAX,
    description="with max, it is the largest score of each label",
    detected_by=_PIECES,
    seen="scores.max(axis=0), and of that the best; it is the same",
    equivalent="the largest of all is the best label's, and it is that token's",
)(_deciding("max", _largest_of_each))


@MISTAKES(
    "tags-end-inclusive",
    TokenClassification.__call__,
    "from its first character to past its last one",
)
def end_is_inclusive(right: Right, *given: Any) -> Any:
    """The end is the place of the last character."""
    return [[each._replace(end=each.end - 1) for each in row] for row in right(*given)]


@MISTAKES(
    "tags-index-without-cls",
    TokenClassification.pieces,
    "the place in input_ids",
    "aggregation none",
)
def index_is_counted_without_cls(right: Right, *given: Any) -> Any:
    """A token's index is counted without [CLS]."""
    return [piece._replace(index=piece.index - 1) for piece in right(*given)]


@MISTAKES(
    "tags-unknown-word",
    TokenClassification.pieces,
    "text[start:end] for an unknown token",
    "a word that the vocabulary does not have",
)
def unknown_word_is_returned_as_unk(
    right: Right, task: TokenClassification, text: str, row: Encoding, scores: Numbers
) -> Any:
    """A word that the vocabulary does not have is returned as [UNK]."""
    pieces = right(task, text, row, scores)
    return [piece._replace(word=row.tokens[piece.index]) for piece in pieces]


@MISTAKES(
    "tags-words-at-spaces",
    TokenClassification.pieces,
    "a token goes on with a word if it begins with ##",
    "punctuation behind a word",
    seen="tokenized.word_ids of text.split()",
)
def words_end_at_spaces(
    right: Right, task: TokenClassification, text: str, row: Encoding, scores: Numbers
) -> Any:
    """Words end at spaces only, so that punctuation belongs to them."""
    unknown = task.runner.tokenizer.unk_token
    return [
        piece._replace(
            continues=row.tokens[piece.index] != unknown
            and piece.start > 0
            and not text[piece.start - 1].isspace()
        )
        for piece in right(task, text, row, scores)
    ]


@MISTAKES(
    "tags-words-by-hashes",
    TokenClassification.pieces,
    "as HF: a token that is not as long as its text goes on with a word, one with a mark, too",
    "a letter with a combining mark",
)
def only_hashes_continue_a_word(
    right: Right, task: TokenClassification, text: str, row: Encoding, scores: Numbers
) -> Any:
    """A token goes on with a word if it begins with ##, and never else."""
    pieces = right(task, text, row, scores)
    return [piece._replace(continues=row.tokens[piece.index].startswith("##")) for piece in pieces]


@MISTAKES("tags-special-told", Runner.encode, _SPECIAL)
def special_tokens_are_returned(
    right: Right, runner: Runner, texts: Texts, longest: int | None
) -> list[Changed]:
    """[CLS] and [SEP] are returned as tokens."""
    rows = right(runner, texts, longest)
    return [Changed(row, special_tokens_mask=[0] * len(row)) for row in rows]


@MISTAKES(
    "tags-typed-special-lost",
    Runner.encode,
    _SPECIAL,
    "a special token in a text",
    seen="if i not in tokenizer.all_special_ids",
)
def typed_special_tokens_are_lost(
    right: Right, runner: Runner, texts: Texts, longest: int | None
) -> list[Changed]:
    """A [SEP] that stands in the text itself is left out."""
    special = runner.tokenizer.all_special_ids
    rows = right(runner, texts, longest)
    return [Changed(row, special_tokens_mask=[i in special for i in row.ids]) for row in rows]


MISTAKES += batching_mistakes("tag", "tags")
