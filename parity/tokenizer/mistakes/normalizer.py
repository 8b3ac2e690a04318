"""Mistakes of cleaning, ideographs, accents and case."""

import re
import unicodedata
from dataclasses import replace
from typing import Literal

from parity.tokenizer.mistakes.rules import Right, breaking
from scratch_bert.tokenization.normalizer import (
    Characters,
    Normalized,
    Normalizer,
    clean,
    lower,
    separate_cjk,
    strip_accents,
)
from scratch_bert.tokenization.unicode.characters import is_cjk, is_removed, is_space, lowered

WHITESPACE, CLEAN, CJK = breaking("whitespace"), breaking("clean"), breaking("cjk")
ACCENTS, LOWER = breaking("accents"), breaking("lower")

_KANA_HANGUL = re.compile("[\u3040-\u30ff\uac00-\ud7a3\u1100-\u11ff]")
_kind = unicodedata.category


@WHITESPACE("tokenizer-whitespace-python", clean)
def split_comes_first(right: Right, text: str) -> Characters:
    """str.split() or str.isspace() came before cleaning."""
    places: list[int] = []
    for word in re.finditer(r"\S+", text):  # as str.split() has it
        places += [*([word.start() - 1] if places else []), *range(*word.span())]
    return [(char, places[place]) for char, place in right(" ".join(text.split()))]


def _separates_words(right: Right, char: str) -> bool:
    """Control characters that are kept, and that are white space to all but BERT."""
    return char in "\x0b\x0c\x85" or right(char)


@CLEAN("tokenizer-clean-nothing", is_removed, spaces=(is_space, _separates_words))
def nothing_is_removed(_: Right, char: str) -> bool:  # noqa: ARG001
    """No character was removed."""
    return False


@CLEAN("tokenizer-clean-two", is_removed, spaces=(is_space, _separates_words))
def two_are_removed(_: Right, char: str) -> bool:
    """Only U+0000 and U+FFFD were removed."""
    return char in "\0\ufffd"


@CLEAN("tokenizer-clean-control", is_removed)
def control_is_removed(_: Right, char: str) -> bool:
    """Only control characters were removed."""
    return _kind(char) == "Cc"


@CLEAN("tokenizer-clean-unassigned", is_removed)
def unassigned_is_removed(_: Right, char: str) -> bool:
    """Unassigned characters were removed, too."""
    return _kind(char)[0] == "C"


@CLEAN("tokenizer-clean-python", is_removed)
def python_removes(_: Right, char: str) -> bool:
    """Python's Unicode data decided which characters are removed."""
    return _kind(char) in ("Cc", "Cf", "Co")


@CJK("tokenizer-cjk-not-padded", separate_cjk)
def ideographs_are_not_padded(_: Right, found: Characters) -> Characters:
    """Ideographs were not padded."""
    return found


@CJK("tokenizer-cjk-always", Normalizer.normalize)
def ideographs_are_always_padded(right: Right, normalizer: Normalizer, text: str) -> Normalized:
    """tokenize_chinese_chars was taken as true."""
    return right(replace(normalizer, split_cjk=True), text)


@CJK("tokenizer-cjk-kana-hangul", is_cjk)
def kana_and_hangul_are_padded(right: Right, char: str) -> bool:
    """Kana and hangul were padded."""
    return bool(_KANA_HANGUL.match(char)) or right(char)


@CJK("tokenizer-cjk-2b820", is_cjk)
def missing_block_is_padded(right: Right, char: str) -> bool:
    """2B820 to 2B91F were padded."""
    return "\U0002b820" <= char <= "\U0002b91f" or right(char)


@ACCENTS("tokenizer-accents-kept", strip_accents)
def accents_are_kept(_: Right, found: Characters) -> Characters:
    """Accents were kept."""
    return found


@ACCENTS("tokenizer-accents-stripped", Normalizer.normalize)
def accents_are_stripped(right: Right, normalizer: Normalizer, text: str) -> Normalized:
    """Accents were stripped."""
    return right(replace(normalizer, strip_accents=True), text)


@ACCENTS("tokenizer-accents-python", strip_accents)
def python_strips_accents(_: Right, found: Characters) -> Characters:
    """Python's Unicode data decided what an accent is."""
    return _unmarked(_decomposed(found, "NFD"))


@ACCENTS("tokenizer-accents-not-decomposed", strip_accents)
def nothing_is_decomposed(_: Right, found: Characters) -> Characters:
    """Composed characters were not taken apart."""
    return _unmarked(found)


@ACCENTS("tokenizer-accents-nfkd", strip_accents)
def nfkd_decomposes(_: Right, found: Characters) -> Characters:
    """NFKD took the place of NFD."""
    return _unmarked(_decomposed(found, "NFKD"))


@ACCENTS("tokenizer-accents-decomposed", strip_accents)
def marks_are_kept(_: Right, found: Characters) -> Characters:
    """Marks were taken apart and kept."""
    return _decomposed(found, "NFD")


@LOWER("tokenizer-lower-kept", lower)
def case_is_kept(_: Right, found: Characters) -> Characters:
    """Case was kept."""
    return found


@LOWER("tokenizer-lower-always", Normalizer.normalize)
def case_is_always_lowered(right: Right, normalizer: Normalizer, text: str) -> Normalized:
    """Case was lowered."""
    strips = normalizer.strips_accents
    return right(replace(normalizer, lowercase=True, strip_accents=strips), text)


@LOWER("tokenizer-lower-python-char", lowered)
def python_lowers_characters(_: Right, char: str) -> str:
    """Python's str.lower decided, for each character."""
    return char.lower()


@LOWER("tokenizer-lower-python-text", lower)
def python_lowers_texts(_: Right, found: Characters) -> Characters:
    """Python's str.lower decided, for a whole text."""
    kept = [*found]
    text = "".join(char for char, _ in kept).lower()  # a final sigma is as long as another one
    origins = [origin for char, origin in kept for _ in char.lower()]
    return [*zip(text, origins, strict=True)]


@LOWER("tokenizer-lower-casefold", lowered)
def case_is_folded(_: Right, char: str) -> str:
    """str.casefold decided."""
    return char.casefold()


def _decomposed(found: Characters, form: Literal["NFD", "NFKD"]) -> Characters:
    """Decompose each character, then sort the marks that follow each other, as `form` demands."""
    parts = [(part, at) for char, at in found for part in unicodedata.normalize(form, char)]
    begin = 0
    for end in range(len(parts) + 1):
        if end == len(parts) or not unicodedata.combining(parts[end][0]):
            parts[begin:end] = sorted(parts[begin:end], key=_combining)
            begin = end + 1
    return parts


def _combining(part: tuple[str, int]) -> int:
    return unicodedata.combining(part[0])


def _unmarked(found: Characters) -> Characters:
    return [(char, origin) for char, origin in found if _kind(char) != "Mn"]
