"""Mistakes that tokenizers make, each as an exchange of some of the reference's steps.

The running Python's Unicode data is one of the mistakes; that is what it is for here.
"""

import re
import unicodedata
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from parity import reference
from parity.tokenizer.steps import SPECIAL, Step, pieces_of

ASCII_PUNCTUATION = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
_KANA_HANGUL = re.compile("([\u3040-\u30ff\uac00-\ud7a3\u1100-\u11ff])")
_NOT_PADDED = re.compile("([\U0002b820-\U0002b91f])")
_kind = unicodedata.category


@dataclass(frozen=True)
class Mistake:
    """What was done instead, the rule it breaks, and the steps it takes the place of."""

    rule: str
    done: str
    steps: Mapping[str, Step]

    def __str__(self) -> str:
        return f"{self.rule}: {self.done}"


def mistakes(right: Mapping[str, Step]) -> Iterator[Mistake]:
    """The known ones, given the reference's steps."""

    def clean(done: str, drops: Callable[[str], bool]) -> Mistake:
        return Mistake("clean", done, {"clean": partial(_without, drops)})

    def words(done: str, marks: Callable[[str], bool]) -> Mistake:
        return Mistake("words", done, {"words": lambda text: _isolated(marks, text).split()})

    def accents(done: str, step: Step) -> Mistake:
        strips = right["accents"]("\u00e9") == "e"  # else there is no such step to get wrong
        return Mistake("accents", done, {"accents": step if strips else right["accents"]})

    def lower(done: str, step: Step) -> Mistake:
        lowers = right["lower"]("A") == "a"
        return Mistake("lower", done, {"lower": step if lowers else right["lower"]})

    def before_cleaning(text: str) -> list[str]:
        return SPECIAL.split(right["clean"](text))

    yield Mistake("special tokens", "they were ordinary text", {"parts": lambda text: [text]})
    yield Mistake("special tokens", "their case did not matter", {"parts": _in_any_case})
    yield Mistake("special tokens", "text was cleaned first", {"parts": before_cleaning})
    yield Mistake(
        "whitespace",
        "str.split() or str.isspace() came before cleaning",
        {"clean": lambda text: right["clean"](" ".join(text.split()))},
    )
    yield clean("nothing was removed", lambda c: not c)
    yield clean("only U+0000 and U+FFFD were removed", lambda c: c in "\0\ufffd")
    yield clean("only control characters were removed", lambda c: _kind(c) == "Cc")
    yield clean("unassigned characters were removed, too", lambda c: _kind(c)[0] == "C")
    yield clean("Python's Unicode data decided", lambda c: _kind(c) in ("Cc", "Cf", "Co"))
    yield Mistake("cjk", "ideographs were not padded", {"cjk": str})
    yield Mistake(
        "cjk",
        "tokenize_chinese_chars was taken as true",
        {"cjk": partial(reference.normalize, handle_chinese_chars=True)},
    )
    for done, pattern in (
        ("kana and hangul were padded", _KANA_HANGUL),
        ("2B820 to 2B91F were padded", _NOT_PADDED),
    ):
        yield Mistake(
            "cjk", done, {"cjk": lambda text, found=pattern: found.sub(r" \1 ", right["cjk"](text))}
        )
    yield Mistake(
        "words",
        "it was looked for before NFD",
        {"cjk": lambda text: _isolated(_is_punctuation, right["cjk"](text)), "words": str.split},
    )
    yield words("only ASCII's counted", lambda c: c in ASCII_PUNCTUATION)
    yield words("$, +, < and their like in ASCII did not count", lambda c: _kind(c)[0] == "P")
    yield words("symbols counted", lambda c: _kind(c)[0] in "PS")
    yield words("Python's Unicode data decided", _is_punctuation)
    yield Mistake("words", "it stayed in words", {"words": str.split})
    yield Mistake("accents", "accents were kept", {"accents": str})
    yield Mistake(
        "accents",
        "accents were stripped",
        {"accents": partial(reference.normalize, strip_accents=True)},
    )
    yield accents(
        "Python's Unicode data decided", lambda text: _unmarked(unicodedata.normalize("NFD", text))
    )
    yield accents("composed characters were not taken apart", _unmarked)
    yield accents(
        "NFKD took the place of NFD", lambda text: _unmarked(unicodedata.normalize("NFKD", text))
    )
    yield accents("marks were taken apart and kept", partial(unicodedata.normalize, "NFD"))
    yield Mistake("lower", "case was kept", {"lower": str})
    yield Mistake(
        "lower", "case was lowered", {"lower": partial(reference.normalize, lowercase=True)}
    )
    yield lower(
        "Python's str.lower decided, for each character",
        lambda text: "".join(map(str.lower, text)),
    )
    yield lower("Python's str.lower decided, for a whole text", str.lower)
    yield lower("str.casefold decided", str.casefold)
    vocabulary = right["pieces"].args[0]  # type: ignore[attr-defined]
    yield Mistake(
        "pieces",
        "the known part of an unknown word was kept",
        {"pieces": partial(_known_part, vocabulary, right["pieces"])},
    )
    yield Mistake(
        "long", "200 characters were allowed", {"pieces": partial(pieces_of, vocabulary, 200)}
    )
    yield Mistake(
        "long", "any length was allowed", {"pieces": partial(pieces_of, vocabulary, 10**9)}
    )


def _without(drops: Callable[[str], bool], text: str) -> str:
    spaced = (" " if c in "\t\n\r" or _kind(c)[0] == "Z" else c for c in text)
    return "".join(c for c in spaced if not drops(c))


def _isolated(marks: Callable[[str], bool], text: str) -> str:
    return "".join(f" {c} " if marks(c) else c for c in text)


def _is_punctuation(char: str) -> bool:
    return char in ASCII_PUNCTUATION or _kind(char)[0] == "P"


def _unmarked(text: str) -> str:
    return "".join(c for c in text if _kind(c) != "Mn")


def _in_any_case(text: str) -> list[str]:
    parts = re.split(SPECIAL.pattern, text, flags=re.IGNORECASE)
    return [part.upper() if number % 2 else part for number, part in enumerate(parts)]


def _known_part(vocabulary: Container[str], right: Step, word: str) -> list[str]:
    known = next((n for n in range(len(word), 0, -1) if word[:n] in vocabulary), 0)
    pieces = right(word)
    return [word[:known], "[UNK]"] if pieces == ["[UNK]"] and known else pieces
