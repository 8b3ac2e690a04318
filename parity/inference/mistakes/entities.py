"""Mistakes of joining tags to entities."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from parity.core.mistake import Mistake
from parity.inference.right import grouping
from parity.inference.right.grouping import Labelled, kind
from parity.suite.mistake import instead

_MEAN = "the mean of the scores of its tokens, or of its words"
_WORD = "tokenizer.convert_tokens_to_string(tokens)"
_GOES_ON = "a label goes on with one of its kind, unless it begins with B-"
_PLACE = "from the first token's start to the last one's end, which is past the last character"
_IGNORED = "leave out what is in ignore_labels, after entities are made, by their name"
_NEIGHBOURS = "neighbours of one kind"


def _any_kind(before: str, label: str) -> bool:
    inside = label.startswith("I-") and before != "O"
    return inside or grouping.goes_on(before, label)


def _begun(groups: list[list[Labelled]]) -> list[list[Labelled]]:
    return [group for group in groups if not group[0].label.startswith("I-")]


def _without_hashes(_: Any, words: Sequence[str]) -> str:
    return " ".join(word.removeprefix("##") for word in words)


def _first_place(group: Sequence[Labelled]) -> tuple[int, int]:
    return group[0].piece.start, group[0].piece.end


_tag = partial(instead, "tag")

MISTAKES: tuple[Mistake, ...] = (
    _tag(
        "tags-beginning-ignored",
        "B- begins no entity where one of its kind stands before it",
        _GOES_ON,
        detected_by=_NEIGHBOURS,
        seen="labels compared without their prefixes",
        goes_on=lambda before, label: kind(before) == kind(label),
    ),
    _tag(
        "tags-kind-ignored",
        "I- goes on with an entity of another kind",
        _GOES_ON,
        detected_by="neighbours of two kinds",
        goes_on=_any_kind,
    ),
    _tag(
        "tags-same-label-only",
        "B- and the I- after it are two entities",
        _GOES_ON,
        detected_by=_NEIGHBOURS,
        seen="itertools.groupby over labels",
        goes_on=lambda before, label: before == label,
    ),
    _tag(
        "tags-never-grouped",
        "every token, or word, is an entity of its own",
        _GOES_ON,
        detected_by=_NEIGHBOURS,
        goes_on=lambda _before, _label: False,
    ),
    _tag(
        "tags-inside-begins-nothing",
        "I- is lost where no entity of its kind stands before it",
        _GOES_ON,
        detected_by="I- behind O",
        seen="strict IOB2, as seqeval's",
        groups=_begun,
    ),
    _tag(
        "tags-last-lost",
        "the entity at the end of a text is lost",
        "close the last entity behind the loop",
        detected_by="an entity that ends with its text",
        groups=lambda groups: groups[:-1],
    ),
    _tag(
        "tags-score-of-the-best",
        "an entity's score is that of its most certain token",
        _MEAN,
        detected_by=_NEIGHBOURS,
        score=lambda scores: float(np.max(scores)),
    ),
    _tag(
        "tags-score-of-the-first",
        "an entity's score is that of its first token",
        _MEAN,
        detected_by=_NEIGHBOURS,
        score=lambda scores: float(scores[0]),
    ),
    _tag(
        "tags-score-multiplied",
        "an entity's score is the product of those of its tokens",
        _MEAN,
        detected_by=_NEIGHBOURS,
        score=lambda scores: float(np.prod(scores)),
    ),
    _tag(
        "tags-place-of-the-first",
        "an entity ends where its first token does",
        _PLACE,
        detected_by=_NEIGHBOURS,
        place=_first_place,
    ),
    _tag(
        "tags-word-with-hashes",
        "an entity's tokens are joined by spaces, ## and all",
        _WORD,
        detected_by="a word of several pieces",
        seen='" ".join(tokens)',
        joined=lambda _, words: " ".join(words),
    ),
    _tag(
        "tags-word-in-pieces",
        "an entity's tokens are joined by spaces, without ##",
        _WORD,
        detected_by="a word of several pieces",
        joined=_without_hashes,
    ),
    _tag(
        "tags-word-as-written",
        "an entity's word is as in the text, with its case and accents",
        f"{_WORD}; start and end say where it is in the text",
        detected_by="an upper-case letter",
        seen="text[start:end]",
        written=lambda text, start, end: text[start:end],
    ),
    _tag(
        "tags-prefix-kept",
        "an entity is called by its first label, B- or I- and all",
        "label.split('-', 1)[-1]",
        detected_by="any entity",
        called=lambda group: group[0].label,
    ),
    _tag(
        "tags-outside-told",
        "O is returned, too, whatever ignore_labels is",
        _IGNORED,
        detected_by="any text",
        ignored=lambda _: (),
    ),
    _tag(
        "tags-outside-ignored",
        "O alone is left out, whatever ignore_labels is",
        _IGNORED,
        detected_by="ignore_labels",
        ignored=lambda _: ("O",),
    ),
    _tag(
        "tags-ignored-first",
        "what is left out is so before entities are made, so that those around it become one",
        _IGNORED,
        detected_by="O between two words of one kind",
        ignored_first=True,
    ),
)
