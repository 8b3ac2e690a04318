"""What each token of a text is, and which tokens are one entity, in plain code."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from parity.inference.right.classifying import Numbers, softmax
from parity.inference.right.grouping import (
    Labelled,
    Piece,
    all_of_them,
    goes_on,
    joined,
    mean,
    name_of,
    place_of,
)
from parity.inference.right.machine import ALONE, Machine, Reading, Row

Result = dict[str, Any]


def of_no_special(_: Any, row: Row) -> list[int]:
    """Return the places of the tokens that are told of."""
    return [i for i, special in enumerate(row.special) if not special]


def longer_than_its_text(token: str, _: str, start: int, end: int) -> bool:
    """A token that begins with ## goes on with a word: it is longer than what it stands for."""
    return len(token) != end - start


def text_of_unknown(tokenizer: Any, token: str, text: str) -> str:
    """Name a token as the vocabulary does, and an unknown one by its text."""
    return text if token == tokenizer.unk_token else token


def first(word: Sequence[Piece]) -> Numbers:
    """Take a word's first token."""
    return word[0].scores


def average(word: Sequence[Piece]) -> Numbers:
    """Take the mean of a word's tokens."""
    return np.mean([piece.scores for piece in word], axis=0)


def most_certain(word: Sequence[Piece]) -> Numbers:
    """Take a word's token that is the most certain of its label."""
    return max(word, key=lambda piece: float(piece.scores.max())).scores


@dataclass(frozen=True)
class Tagging:
    """How to tag, by default as HF's pipeline does.

    Attributes:
        reading: how rows are given to the model.
        scores: logits → probabilities.
        told_of: the places of a row that are told of, given the tokenizer.
        continues: whether a token, given the text and its place, goes on with the word before it.
        unknown: names a token, given the tokenizer and its text.
        first: a word's scores where the first token decides.
        average: where the mean does.
        most_certain: where the most certain token does.
        goes_on: whether a label is of the entity before it.
        groups: the entities, and what becomes of them.
        score: an entity's.
        joined: an entity's text, given the tokenizer and its tokens' words.
        written: the same where it is taken from the text: given text, start and end.
        called: an entity's name.
        place: where it is.
        end: what is told of where something ends.
        index: what is told of a token's place.
        ignored: what is left out, given what is to be.
        ignored_first: whether it is left out before entities are made.
    """

    reading: Reading = ALONE
    scores: Callable[[Numbers], Numbers] = softmax
    told_of: Callable[[Any, Row], list[int]] = of_no_special
    continues: Callable[[str, str, int, int], bool] = longer_than_its_text
    unknown: Callable[[Any, str, str], str] = text_of_unknown
    first: Callable[[Sequence[Piece]], Numbers] = first
    average: Callable[[Sequence[Piece]], Numbers] = average
    most_certain: Callable[[Sequence[Piece]], Numbers] = most_certain
    goes_on: Callable[[str, str], bool] = goes_on
    groups: Callable[[list[list[Labelled]]], list[list[Labelled]]] = all_of_them
    score: Callable[[Sequence[np.floating]], float] = mean
    joined: Callable[[Any, Sequence[str]], str] = joined
    written: Callable[[str, int, int], str] | None = None
    called: Callable[[Sequence[Labelled]], str] = name_of
    place: Callable[[Sequence[Labelled]], tuple[int, int]] = place_of
    end: Callable[[int], int] = int
    index: Callable[[int], int] = int
    ignored: Callable[[Sequence[str]], Sequence[str]] = list
    ignored_first: bool = False


def tag(
    machine: Machine,
    recipe: Tagging,
    texts: Sequence[str],
    aggregation: str,
    ignore_labels: Sequence[str],
) -> list[list[Result]]:
    """Return each text's tokens, or its entities."""
    longest = min(machine.tokenizer.model_max_length, machine.config.max_position_embeddings)
    rows = machine.encode(texts, truncation=True, max_length=longest)
    ignored, found = recipe.ignored(ignore_labels), []
    for text, seen in zip(texts, machine.run(rows, recipe.reading), strict=True):
        scores = recipe.scores(seen.tokens("logits").numpy())
        pieces = _pieces(machine.tokenizer, recipe, text, seen.row, scores)
        if aggregation == "none":
            labelled = [_labelled(piece, machine) for piece in pieces]
            tokens = [_token(recipe, each) for each in labelled]
            found.append([token for token in tokens if token["entity"] not in ignored])
            continue
        if aggregation != "simple":
            words = _words(pieces)
            pieces = [_word(machine.tokenizer, recipe, word, aggregation) for word in words]
        labelled = [_labelled(piece, machine) for piece in pieces]
        if recipe.ignored_first:
            labelled = [each for each in labelled if each.label not in ignored]
        entities = [
            _entity(machine.tokenizer, recipe, text, group)
            for group in recipe.groups(_groups(recipe, labelled))
        ]
        found.append([each for each in entities if each["entity_group"] not in ignored])
    return found


def _pieces(tokenizer: Any, recipe: Tagging, text: str, row: Row, scores: Numbers) -> list[Piece]:
    pieces = []
    for i in recipe.told_of(tokenizer, row):
        (start, end), token = row.offsets[i], tokenizer.convert_ids_to_tokens(row.ids[i])
        word = recipe.unknown(tokenizer, token, text[start:end])
        continues = token != tokenizer.unk_token and recipe.continues(token, text, start, end)
        pieces.append(Piece(word, scores[i], start, end, continues, i))
    return pieces


def _words(pieces: Sequence[Piece]) -> list[list[Piece]]:
    words: list[list[Piece]] = []
    for piece in pieces:
        if words and piece.goes_on:
            words[-1].append(piece)
        else:
            words.append([piece])
    return words


def _word(tokenizer: Any, recipe: Tagging, word: Sequence[Piece], aggregation: str) -> Piece:
    decides = {"first": recipe.first, "average": recipe.average, "max": recipe.most_certain}
    text = recipe.joined(tokenizer, [piece.word for piece in word])
    scores = decides[aggregation](word)
    return word[0]._replace(word=text, scores=scores, end=word[-1].end)


def _labelled(piece: Piece, machine: Machine) -> Labelled:
    best = int(piece.scores.argmax())
    return Labelled(piece, machine.config.id2label[best], piece.scores[best])


def _groups(recipe: Tagging, labelled: Sequence[Labelled]) -> list[list[Labelled]]:
    groups: list[list[Labelled]] = []
    for each in labelled:
        if groups and recipe.goes_on(groups[-1][-1].label, each.label):
            groups[-1].append(each)
        else:
            groups.append([each])
    return groups


def _token(recipe: Tagging, each: Labelled) -> Result:
    piece = each.piece
    return {
        "entity": each.label,
        "score": float(each.score),
        "index": recipe.index(piece.token),
        "word": piece.word,
        "start": piece.start,
        "end": recipe.end(piece.end),
    }


def _entity(tokenizer: Any, recipe: Tagging, text: str, group: Sequence[Labelled]) -> Result:
    start, end = recipe.place(group)
    word = recipe.joined(tokenizer, [each.piece.word for each in group])
    return {
        "entity_group": recipe.called(group),
        "score": recipe.score([each.score for each in group]),
        "word": recipe.written(text, start, end) if recipe.written else word,
        "start": start,
        "end": recipe.end(end),
    }
