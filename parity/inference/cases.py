"""What inference is asked, for each task: calls on texts in which mistakes show."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from parity.inference.checkpoints import MADE

_LONG = (
    "the city of Paris is not London, and it was in France that he saw John visiting New York; "
    "Angela lives to play in Berlin, where what is the capital of an unaffable woodpecker was not "
    "an international place, and she loves it"
)
TEXTS = (
    "Paris is the capital of France.",
    "",
    "   a city",
    "Angela Merkel visited New York, didn't she?",
    "the the the the",
    "Unaffable woodpeckers internationally",
    "東京 is a city",
    "café ünd naïve \u00e5",
    "😀😀 loves 👩‍👩‍👧",
    "[SEP] in a [PAD] text [CLS] [UNK]",
    "MICROSOFT plays (with) John-Smith's lovely Berlin",
    "e\u0301 \x00\u200b a",
    _LONG,
)
FILLED = (
    "[MASK]",
    "Paris is the [MASK] of France.",
    "  Angela [MASK] visited [MASK] York, didn't she?",
    "[MASK][MASK]",
    "[PAD] a [MASK] of [MASK]",
    "[SEP] it is [MASK] [PAD] 東京 😀 e\u0301",
    "unaffable [MASK]ing",
)
TAGGED = (
    *TEXTS,
    "John Smith Angela Merkel",
    "New York New York London",
    "she lives in woodpecker Berlin",
    "he saw Microsoft and micro-soft",
    "who sa\u0308w John",
    "loves Paris",
)
ASKED = (
    ("Who visited New York?", "Angela Merkel visited New York, and John saw Paris."),
    ("  Where is it?", "It is in Berlin."),
    ("what", f"{_LONG}. John Smith lives in Berlin."),
    ("Where?", "東京 café 😀 [SEP] unaffable Woodpecker [CLS]"),
    ("What is the capital of France?", f"Paris is the capital of France. {_LONG}"),
    ("who", ""),
    ("who", "John"),
    ("Who plays?", f"  MICROSOFT plays; Angela plays. {_LONG[40:]}"),
    ("is it London", "new york " * 20),
)


class Case(NamedTuple):
    """A call.

    Attributes:
        name: of what is special about it.
        folder: the checkpoint.
        texts: what each answer is of, for a report.
        given: what the method gets besides the folder.
    """

    name: str
    folder: str
    texts: Sequence[str]
    given: dict[str, Any]


def _fill_mask() -> Iterator[Case]:
    for name, top_k, targets in (
        ("the best word", 1, None),
        ("seven words", 7, None),
        ("among targets", 3, ["paris", "london", "the", "paris", "[UNK]", "##s"]),
        ("targets of many pieces", 9, ["unaffable", "Microsoft", "Zürich", "berlin", "loves"]),
    ):
        yield Case(name, "words", FILLED, {"texts": [*FILLED], "top_k": top_k, "targets": targets})


def _classify() -> Iterator[Case]:
    seconds = [*TEXTS[3:], *TEXTS[:2], "it was"]
    for folder, name, pairs, top_k in (
        ("classes", "all classes", None, None),
        ("classes", "the best three", None, 3),
        ("classes", "pairs", seconds, 1),
        ("classes", "pairs, all classes", seconds, None),
        ("several at once", "several labels at once", None, None),
        ("one label", "one label", None, None),
        ("numbers", "numbers", None, None),
    ):
        given = {"texts": [*TEXTS], "pairs": pairs, "top_k": top_k}
        yield Case(name, folder, TEXTS, given)


def _tag() -> Iterator[Case]:
    for aggregation, ignored in (
        ("none", ["O"]),
        ("none", []),
        ("simple", ["O"]),
        ("simple", ["PER", "I-PER", "MISC"]),
        ("first", []),
        ("average", ["O"]),
        ("max", ["O"]),
    ):
        name = f"{aggregation}, without {' and '.join(ignored) or 'nothing'}"
        given = {"texts": [*TAGGED], "aggregation": aggregation, "ignore_labels": ignored}
        yield Case(name, "tags", TAGGED, given)


def _answer() -> Iterator[Case]:
    questions, contexts = ([*column] for column in zip(*ASKED, strict=True))
    for name, n_best, longest, threshold in (
        ("an answer in any case", 20, 6, None),
        ("perhaps no answer", 20, 6, 0.0),
        ("no answer only by far", 5, 3, 2.0),
        ("no answer gladly", 4, 30, -2.0),
    ):
        given = {
            "questions": questions,
            "contexts": contexts,
            "n_best": n_best,
            "max_answer_length": longest,
            "max_length": 24,
            "stride": 5,
            "null_threshold": threshold,
        }
        yield Case(name, "questions", [context or "(nothing)" for context in contexts], given)


def _next() -> Iterator[Case]:
    short = [text for text in TAGGED if text != _LONG]
    seconds = [text or "not" for text in (*short[3:], *short[:3])]
    yield Case("pairs", "pairs", short, {"texts": short, "pairs": seconds})


def _embed() -> Iterator[Case]:
    for name, made in MADE.items():
        if made.pooling:
            given = {"texts": [*TAGGED], "pooling": made.pooling, "normalize": made.normalize}
            yield Case(name, name, TAGGED, given)


CASES = {
    "fill-mask": tuple(_fill_mask()),
    "classify": tuple(_classify()),
    "tag": tuple(_tag()),
    "answer": tuple(_answer()),
    "next": tuple(_next()),
    "embed": tuple(_embed()),
}
