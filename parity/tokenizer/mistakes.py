"""Mistakes that tokenizers make, each as an exchange of some of the reference's steps.

The running Python's Unicode data is one of the mistakes; that is what it is for here.
"""

import re
import unicodedata
from collections.abc import Callable, Container, Iterator, Mapping
from functools import cache, partial

from parity import reference
from parity.core.mistake import Mistake
from parity.tokenizer.steps import SPECIAL, Step, pieces_of, reference_steps

ASCII_PUNCTUATION = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
_KANA_HANGUL = re.compile("([\u3040-\u30ff\uac00-\ud7a3\u1100-\u11ff])")
_NOT_PADDED = re.compile("([\U0002b820-\U0002b91f])")
_kind = unicodedata.category
UNCASED = {"strip_accents": None, "do_lower_case": True, "tokenize_chinese_chars": True}

RULES = {
    "special tokens": "special tokens split off raw text: before anything else, in this very case",
    "clean": "clean: Cc, Cf, Co (Unicode 8.0), U+0000 and U+FFFD are removed without a trace",
    "whitespace": "whitespace: \\t, \\n, \\r, Zs, U+2028 and U+2029 separate words, no more",
    "cjk": "CJK padding: each ideograph is a word (2B820 to 2B91F, kana and hangul are none)",
    "accents": "accents (NFD 9.0, Mn 8.0): stripped if strip_accents, or do_lower_case, says so",
    "lower": "lower case (Unicode 17.0): character by character, no final sigma",
    "words": "punctuation: ASCII's 32 signs and P* of Unicode 8.0 stand alone, after NFD",
    "long": "wordpiece: a word over 100 characters, counted after normalisation, is [UNK]",
    "pieces": "wordpiece: longest piece first; a word that cannot be cut up is one [UNK]",
    "offsets": "offsets: where in the original string a token's characters came from",
    "added tokens": "added tokens: lstrip, rstrip, single_word and normalized decide what is found",
}

_CLEANING: tuple[tuple[str, str, Callable[[str], bool]], ...] = (
    ("clean-nothing", "no character was removed", lambda c: not c),
    ("clean-two", "only U+0000 and U+FFFD were removed", lambda c: c in "\0\ufffd"),
    ("clean-control", "only control characters were removed", lambda c: _kind(c) == "Cc"),
    ("clean-unassigned", "unassigned characters were removed, too", lambda c: _kind(c)[0] == "C"),
    (
        "clean-python",
        "Python's Unicode data decided which characters are removed",
        lambda c: _kind(c) in ("Cc", "Cf", "Co"),
    ),
)
_PADDING = (
    ("cjk-kana-hangul", "kana and hangul were padded", _KANA_HANGUL),
    ("cjk-2b820", "2B820 to 2B91F were padded", _NOT_PADDED),
)
_PUNCTUATION: tuple[tuple[str, str, Callable[[str], bool]], ...] = (
    ("punctuation-ascii", "only ASCII punctuation counted", lambda c: c in ASCII_PUNCTUATION),
    (
        "punctuation-no-symbols",
        "$, +, < and their like in ASCII did not count as punctuation",
        lambda c: _kind(c)[0] == "P",
    ),
    ("punctuation-symbols", "symbols counted as punctuation", lambda c: _kind(c)[0] in "PS"),
    (
        "punctuation-python",
        "Python's Unicode data decided what punctuation is",
        lambda c: _is_punctuation(c),
    ),
)
_ACCENTS: tuple[tuple[str, str, Step], ...] = (
    (
        "accents-python",
        "Python's Unicode data decided what an accent is",
        lambda text: _unmarked(unicodedata.normalize("NFD", text)),
    ),
    (
        "accents-not-decomposed",
        "composed characters were not taken apart",
        lambda text: _unmarked(text),
    ),
    (
        "accents-nfkd",
        "NFKD took the place of NFD",
        lambda text: _unmarked(unicodedata.normalize("NFKD", text)),
    ),
    (
        "accents-decomposed",
        "marks were taken apart and kept",
        partial(unicodedata.normalize, "NFD"),
    ),
)
_LOWER: tuple[tuple[str, str, Step], ...] = (
    (
        "lower-python-char",
        "Python's str.lower decided, for each character",
        lambda text: "".join(map(str.lower, text)),
    ),
    ("lower-python-text", "Python's str.lower decided, for a whole text", str.lower),
    ("lower-casefold", "str.casefold decided", str.casefold),
)
_LONGEST = (
    ("wordpiece-200", "words of 200 characters were allowed", 200),
    ("wordpiece-any-length", "words of any length were allowed", 10**9),
)


def mistakes(right: Mapping[str, Step]) -> Iterator[Mistake]:
    """Yield the known mistakes, given the reference's steps; their `parts` are the wrong steps."""

    def before_cleaning(text: str) -> list[str]:
        return SPECIAL.split(right["clean"](text))

    yield _made(
        "special-split", "special tokens", "special tokens were ordinary text", parts=_whole
    )
    yield _made(
        "special-any-case",
        "special tokens",
        "the case of special tokens did not matter",
        parts=_in_any_case,
    )
    yield _made(
        "special-after-cleaning",
        "special tokens",
        "text was cleaned before special tokens were found",
        parts=before_cleaning,
    )
    yield _made(
        "whitespace-python",
        "whitespace",
        "str.split() or str.isspace() came before cleaning",
        clean=lambda text: right["clean"](" ".join(text.split())),
    )
    for name, description, drops in _CLEANING:
        yield _made(name, "clean", description, clean=partial(_without, drops))
    yield _made("cjk-not-padded", "cjk", "ideographs were not padded", cjk=str)
    yield _made(
        "cjk-always",
        "cjk",
        "tokenize_chinese_chars was taken as true",
        cjk=partial(reference.normalize, handle_chinese_chars=True),
    )
    for name, description, pattern in _PADDING:
        yield _made(
            name,
            "cjk",
            description,
            cjk=lambda text, found=pattern: found.sub(r" \1 ", right["cjk"](text)),
        )
    yield _made(
        "punctuation-before-nfd",
        "words",
        "punctuation was looked for before NFD",
        cjk=lambda text: _isolated(_is_punctuation, right["cjk"](text)),
        words=str.split,
    )
    for name, description, marks in _PUNCTUATION:
        yield _made(name, "words", description, words=partial(_isolated_words, marks))
    yield _made("punctuation-in-words", "words", "punctuation stayed in words", words=str.split)
    yield _made("accents-kept", "accents", "accents were kept", accents=str)
    yield _made(
        "accents-stripped",
        "accents",
        "accents were stripped",
        accents=partial(reference.normalize, strip_accents=True),
    )
    strips = right["accents"]("\u00e9") == "e"  # else there is no such step to get wrong
    for name, description, step in _ACCENTS:
        yield _made(name, "accents", description, accents=step if strips else right["accents"])
    yield _made("lower-kept", "lower", "case was kept", lower=str)
    yield _made(
        "lower-always",
        "lower",
        "case was lowered",
        lower=partial(reference.normalize, lowercase=True),
    )
    lowers = right["lower"]("A") == "a"
    for name, description, step in _LOWER:
        yield _made(name, "lower", description, lower=step if lowers else right["lower"])
    vocabulary = right["pieces"].args[0]  # type: ignore[attr-defined]
    yield _made(
        "wordpiece-known-part",
        "pieces",
        "the known part of an unknown word was kept",
        pieces=partial(_known_part, vocabulary, right["pieces"]),
    )
    for name, description, longest in _LONGEST:
        yield _made(name, "long", description, pieces=partial(pieces_of, vocabulary, longest))


@cache
def catalogue() -> dict[str, Mistake]:
    """Return the known mistakes by id, as they are without accents and in lower case."""
    return {mistake.id: mistake for mistake in mistakes(reference_steps(_NoWords(), UNCASED))}


class _NoWords:
    def get_vocab(self) -> dict[str, int]:
        return {}


def _made(name: str, rule: str, description: str, **steps: Step) -> Mistake:
    return Mistake(
        f"tokenizer-{name}",
        (rule,),
        description=description,
        fix=RULES[rule],
        detected_by="texts that the rule concerns",
        parts=steps,
    )


def _whole(text: str) -> list[str]:
    return [text]


def _isolated_words(marks: Callable[[str], bool], text: str) -> list[str]:
    return _isolated(marks, text).split()


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
