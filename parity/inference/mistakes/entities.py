"""Mistakes of joining tags to entities."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from parity.inference.mistakes.batching import Right
from parity.suite.mistake import KnownMistakes, replaced
from scratch_bert.inference.tasks.aggregation import (
    Aggregation,
    Entity,
    Join,
    LabeledPiece,
    aggregate,
    entity,
    goes_on,
    grouped,
    kind,
)
from scratch_bert.inference.tasks.token_classification import TokenClassification

_NEIGHBORS = "neighbors of one kind"

MISTAKES = KnownMistakes("tag", _NEIGHBORS)

_MEAN = "the mean of the scores of its tokens, or of its words"
_WORD = "tokenizer.convert_tokens_to_string(tokens)"
_GOES_ON = "a label goes on with one of its kind, unless it begins with B-"
_PLACE = "from the first token's start to the last one's end, which is past the last character"
_IGNORED = "leave out what is in ignore_labels, after entities are made, by their name"

Group = Sequence[LabeledPiece]
Groups = list[list[LabeledPiece]]


@MISTAKES(
    "tags-beginning-ignored", goes_on, _GOES_ON, seen="labels compared without their prefixes"
)
def beginning_is_ignored(_: Right, before: str, label: str) -> bool:
    """B- begins no entity where one of its kind stands before it."""
    return kind(before) == kind(label)


@MISTAKES("tags-kind-ignored", goes_on, _GOES_ON, "neighbors of two kinds")
def kind_is_ignored(right: Right, before: str, label: str) -> Any:
    """I- goes on with an entity of another kind."""
    return (label.startswith("I-") and before != "O") or right(before, label)


@MISTAKES("tags-same-label-only", goes_on, _GOES_ON, seen="itertools.groupby over labels")
def only_the_same_label_goes_on(_: Right, before: str, label: str) -> bool:
    """B- and the I- after it are two entities."""
    return before == label


@MISTAKES("tags-never-grouped", goes_on, _GOES_ON)
def nothing_goes_on(_: Right, _before: str, _label: str) -> bool:
    """Every token, or word, is an entity of its own."""
    return False


@MISTAKES(
    "tags-inside-begins-nothing", grouped, _GOES_ON, "I- behind O", seen="strict IOB2, as seqeval's"
)
def inside_begins_nothing(right: Right, labeled: Group) -> Groups:
    """I- is lost where no entity of its kind stands before it."""
    return [group for group in right(labeled) if not group[0].label.startswith("I-")]


@MISTAKES(
    "tags-last-lost",
    grouped,
    "close the last entity behind the loop",
    "an entity that ends with its text",
)
def last_entity_is_lost(right: Right, labeled: Group) -> Any:
    """The entity at the end of a text is lost."""
    return right(labeled)[:-1]


@MISTAKES("tags-score-of-the-best", entity, _MEAN)
def score_is_of_the_best(right: Right, group: Group, join: Join) -> Any:
    """An entity's score is that of its most certain token."""
    return right(group, join)._replace(score=max(float(each.score) for each in group))


@MISTAKES("tags-score-of-the-first", entity, _MEAN)
def score_is_of_the_first(right: Right, group: Group, join: Join) -> Any:
    """An entity's score is that of its first token."""
    return right(group, join)._replace(score=float(group[0].score))


@MISTAKES("tags-score-multiplied", entity, _MEAN)
def scores_are_multiplied(right: Right, group: Group, join: Join) -> Any:
    """An entity's score is the product of those of its tokens."""
    return right(group, join)._replace(score=float(np.prod([each.score for each in group])))


@MISTAKES("tags-place-of-the-first", entity, _PLACE)
def place_is_of_the_first(right: Right, group: Group, join: Join) -> Any:
    """An entity ends where its first token does."""
    return right(group, join)._replace(end=group[0].piece.end)


@MISTAKES(
    "tags-word-with-hashes", aggregate, _WORD, "a word of several pieces", seen='" ".join(tokens)'
)
def tokens_are_joined_with_hashes(right: Right, *given: Any) -> Any:
    """An entity's tokens are joined by spaces, ## and all."""
    return right(*given[:-1], " ".join)


def _without_hashes(tokens: Sequence[str]) -> str:
    return " ".join(token.removeprefix("##") for token in tokens)


@MISTAKES("tags-word-in-pieces", aggregate, _WORD, "a word of several pieces")
def tokens_are_joined_without_hashes(right: Right, *given: Any) -> Any:
    """An entity's tokens are joined by spaces, without ##."""
    return right(*given[:-1], _without_hashes)


@MISTAKES(
    "tags-word-as-written",
    TokenClassification.__call__,
    f"{_WORD}; start and end say where it is in the text",
    "an upper-case letter",
    seen="text[start:end]",
)
def word_is_as_written(
    right: Right,
    task: TokenClassification,
    texts: Sequence[str],
    aggregation: Aggregation,
    ignored: Sequence[str],
) -> Any:
    """An entity's word is as in the text, with its case and accents."""
    found = right(task, texts, aggregation, ignored)
    if aggregation == "none":
        return found
    return [
        [each._replace(word=text[each.start : each.end]) for each in row]
        for text, row in zip(texts, found, strict=True)
    ]


@MISTAKES("tags-prefix-kept", entity, "label.split('-', 1)[-1]", "any entity")
def prefix_is_kept(right: Right, group: Group, join: Join) -> Any:
    """An entity is called by its first label, B- or I- and all."""
    return right(group, join)._replace(entity_group=group[0].label)


@MISTAKES("tags-outside-told", TokenClassification.__call__, _IGNORED, "any text")
def nothing_is_ignored(right: Right, *given: Any) -> Any:
    """O is returned, too, whatever ignore_labels is."""
    return right(*given[:-1], ())


@MISTAKES("tags-outside-ignored", TokenClassification.__call__, _IGNORED, "ignore_labels")
def outside_alone_is_ignored(right: Right, *given: Any) -> Any:
    """O alone is left out, whatever ignore_labels is."""
    return right(*given[:-1], ("O",))


@MISTAKES(
    "tags-ignored-first", TokenClassification.__call__, _IGNORED, "O between two words of one kind"
)
def labels_are_ignored_first(
    right: Right,
    task: TokenClassification,
    texts: Sequence[str],
    aggregation: Aggregation,
    ignored: Sequence[str],
) -> list[list[Entity]]:
    """What is left out is so before entities are made, so that those around it become one."""

    def of_the_rest(group: Right, labeled: Group) -> Any:
        return group([each for each in labeled if each.label not in ignored])

    with replaced(grouped, of_the_rest):
        return right(task, texts, aggregation, ignored)
