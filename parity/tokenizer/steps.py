"""The reference's tokenizer taken apart into its steps, so that one of them can be exchanged."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from parity import reference
from parity.tokenizer.adversarial_texts import SPECIAL_TOKENS

Step = Callable[..., Any]
SPECIAL = re.compile("(" + "|".join(map(re.escape, SPECIAL_TOKENS)) + ")")
LONGEST_WORD = 100


def reference_steps(made: Any, settings: Mapping[str, Any]) -> dict[str, Step]:
    """The steps by name, in order.

    `parts` cuts a text, and every second part is a special token; `clean`, `cjk`, `accents` and
    `lower` take text to text; `words` cuts normalised text; `pieces` cuts a word.

    Args:
        made: the reference's tokenizer.
        settings: do_lower_case, strip_accents and tokenize_chinese_chars.
    """
    strips, lowers = settings["strip_accents"], settings["do_lower_case"]
    pads = settings["tokenize_chinese_chars"]
    return {
        "parts": SPECIAL.split,
        "clean": partial(reference.normalize, clean_text=True),
        "cjk": partial(reference.normalize, handle_chinese_chars=pads),
        "accents": partial(reference.normalize, strip_accents=lowers if strips is None else strips),
        "lower": partial(reference.normalize, lowercase=lowers),
        "words": reference.words,
        "pieces": partial(pieces_of, made.get_vocab(), LONGEST_WORD),
    }


def tokens_of(text: str, steps: Mapping[str, Step]) -> list[str]:
    """Take all steps; the tokens, without [CLS] and [SEP] around them."""
    found: list[str] = []
    for number, part in enumerate(steps["parts"](text)):
        if number % 2:
            found.append(part)
            continue
        normalized = steps["lower"](steps["accents"](steps["cjk"](steps["clean"](part))))
        found += (piece for word in steps["words"](normalized) for piece in steps["pieces"](word))
    return found


def pieces_of(vocabulary: Mapping[str, int], longest: int, word: str) -> list[str]:
    """Cut a word into the longest pieces of a vocabulary, or into one [UNK]."""
    if len(word) > longest:
        return ["[UNK]"]
    pieces: list[str] = []
    start = 0
    while start < len(word):
        mark = "##" if start else ""
        fitting = (mark + word[start:end] for end in range(len(word), start, -1))
        piece = next((piece for piece in fitting if piece in vocabulary), None)
        if piece is None:
            return ["[UNK]"]
        pieces.append(piece)
        start += len(piece) - len(mark)
    return pieces
