"""Labels of tokens → entities: a word gets one label, and words in a row may be one entity.

The rules are HF's, those of `TokenClassificationPipeline`:

- none: each token, as the model says.
- simple: neighbors of one kind are an entity, unless the later one is its beginning, B-.
- first, average, max: a word's tokens first get one label, that of the first token, of the mean
  of their probabilities, or of the most certain token. Then as simple.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np

from scratch_bert.inference.run.scores import Numbers

Aggregation = Literal["none", "simple", "first", "average", "max"]
Join = Callable[[Sequence[str]], str]


class ScoredPiece(NamedTuple):
    """A token, or a word that got one label.

    Attributes:
        word: its text.
        scores: the probability of each label, (labels).
        start: where it is in the text.
        end: where it ends.
        continues: whether it goes on with the word before it.
        index: which token of its text, [CLS] counted; of a word, its first.
    """

    word: str
    scores: Numbers
    start: int
    end: int
    continues: bool
    index: int  # type: ignore[assignment]  # a tuple has a method of that name


class Entity(NamedTuple):
    """Neighbors of one kind.

    Attributes:
        entity_group: what they are, without B- or I-.
        score: the mean of their probabilities.
        word: as text, without the case and accents that the tokenizer drops.
        start: where it is in the text.
        end: where it ends.
    """

    entity_group: str
    score: float
    word: str
    start: int
    end: int


class LabeledPiece(NamedTuple):
    """A token or a word with its most probable label, and that label's probability."""

    piece: ScoredPiece
    label: str
    score: np.floating


def aggregate(
    pieces: Sequence[ScoredPiece], aggregation: Aggregation, labels: Mapping[int, str], join: Join
) -> list[Entity]:
    """Make entities of a text's tokens.

    Args:
        pieces: the tokens, in their order.
        aggregation: any but "none".
        labels: their names.
        join: from tokens to text.
    """
    if aggregation != "simple":
        pieces = [one_piece(word, aggregation, join) for word in _words(pieces)]
    best = [int(piece.scores.argmax()) for piece in pieces]
    labeled = [
        LabeledPiece(piece, labels[i], piece.scores[i])
        for piece, i in zip(pieces, best, strict=True)
    ]
    return [entity(group, join) for group in grouped(labeled)]


def _words(pieces: Sequence[ScoredPiece]) -> list[list[ScoredPiece]]:
    words: list[list[ScoredPiece]] = []
    for piece in pieces:
        if words and piece.continues:
            words[-1].append(piece)
        else:
            words.append([piece])
    return words


def one_piece(word: Sequence[ScoredPiece], aggregation: Aggregation, join: Join) -> ScoredPiece:
    """Make a word's pieces one, with the scores that its aggregation takes."""
    if aggregation == "first":
        scores = word[0].scores
    elif aggregation == "max":
        scores = max(word, key=lambda piece: piece.scores.max()).scores
    else:
        scores = np.nanmean(np.stack([piece.scores for piece in word]), axis=0)
    text = join([piece.word for piece in word])
    return word[0]._replace(word=text, scores=scores, end=word[-1].end)


def grouped(labeled: Sequence[LabeledPiece]) -> list[list[LabeledPiece]]:
    """Put neighbors of one kind together."""
    groups: list[list[LabeledPiece]] = []
    for each in labeled:
        if groups and goes_on(groups[-1][-1].label, each.label):
            groups[-1].append(each)
        else:
            groups.append([each])
    return groups


def goes_on(before: str, label: str) -> bool:
    """Whether a label continues the entity before it: it has the same kind, and is no beginning."""
    return not label.startswith("B-") and kind(before) == kind(label)


def kind(label: str) -> str:
    """Return a label without B- or I-."""
    return label[2:] if label.startswith(("B-", "I-")) else label


def entity(group: Sequence[LabeledPiece], join: Join) -> Entity:
    """Make neighbors of one kind an entity."""
    return Entity(
        group[0].label.split("-", 1)[-1],  # HF: also of a label such as "E-PER"
        float(np.nanmean([each.score for each in group])),
        join([each.piece.word for each in group]),
        group[0].piece.start,
        group[-1].piece.end,
    )
