"""Labels of tokens → entities: a word gets one label, and words in a row may be one entity.

The rules are HF's, those of `TokenClassificationPipeline`:

- none: each token, as the model says.
- simple: neighbours of one kind are an entity, unless the later one is its beginning, B-.
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
    """

    word: str
    scores: Numbers
    start: int
    end: int
    continues: bool


class Entity(NamedTuple):
    """Neighbours of one kind.

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


class _Labelled(NamedTuple):
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
    found: list[list[_Labelled]] = []
    for word in [[piece] for piece in pieces] if aggregation == "simple" else _words(pieces):
        piece = word[0] if aggregation == "simple" else _one(word, aggregation, join)
        best = int(piece.scores.argmax())
        labelled = _Labelled(piece, labels[best], piece.scores[best])
        if found and _goes_on(found[-1][-1].label, labelled.label):
            found[-1].append(labelled)
        else:
            found.append([labelled])
    return [_entity(group, join) for group in found]


def _words(pieces: Sequence[ScoredPiece]) -> list[list[ScoredPiece]]:
    words: list[list[ScoredPiece]] = []
    for piece in pieces:
        if words and piece.continues:
            words[-1].append(piece)
        else:
            words.append([piece])
    return words


def _one(word: Sequence[ScoredPiece], aggregation: Aggregation, join: Join) -> ScoredPiece:
    """Make a word's pieces one."""
    if aggregation == "first":
        scores = word[0].scores
    elif aggregation == "max":
        scores = max(word, key=lambda piece: piece.scores.max()).scores
    else:
        scores = np.nanmean(np.stack([piece.scores for piece in word]), axis=0)
    text = join([piece.word for piece in word])
    return ScoredPiece(text, scores, word[0].start, word[-1].end, continues=False)


def _goes_on(before: str, label: str) -> bool:
    return not label.startswith("B-") and _kind(before) == _kind(label)


def _kind(label: str) -> str:
    return label[2:] if label.startswith(("B-", "I-")) else label


def _entity(group: Sequence[_Labelled], join: Join) -> Entity:
    return Entity(
        group[0].label.split("-", 1)[-1],  # HF: also of a label such as "E-PER"
        float(np.nanmean([each.score for each in group])),
        join([each.piece.word for each in group]),
        group[0].piece.start,
        group[-1].piece.end,
    )
