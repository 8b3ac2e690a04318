"""What may be given to a tokenizer: one text, several, pairs of them, or texts already in words."""

from collections.abc import Sequence
from typing import TypeGuard

Text = str | Sequence[str]  # a text, or its words
Pair = tuple[Text, Text | None]


def read_inputs(text: object, text_pair: object, in_words: bool) -> tuple[list[Pair], bool]:
    """Sort a call's texts into rows.

    >>> read_inputs("a", "b", in_words=False)
    ([('a', 'b')], False)
    >>> read_inputs(["a", ("b", "c")], None, in_words=False)
    ([('a', None), ('b', 'c')], True)
    >>> read_inputs(["two", "words"], None, in_words=True)
    ([(['two', 'words'], None)], False)

    Args:
        text: a text or a sequence of them; in a sequence also pairs, as tuples or lists of two.
        text_pair: second texts, as many. Alone, an empty one counts as none, as in HF.
        in_words: a text is a sequence of words (HF `is_split_into_words`).

    Returns:
        A pair for each row, its second None where there is none; and whether it is a batch.

    Raises:
        TypeError: something is no text, or holds a lone surrogate, which no encoding has.
        ValueError: the numbers of texts differ, or there are none.
    """
    if not isinstance(text, (str, list, tuple)):
        raise ValueError(f"text is {text!r}, expected a text, a list of texts or of pairs")
    if in_words:
        batched = not isinstance(text, str) and bool(text) and isinstance(text[0], (list, tuple))
    else:
        batched = not isinstance(text, str)
    if not batched:
        without = text_pair is None or text_pair in ("", [], ())
        second = None if without else _text(text_pair, "text_pair", in_words)
        return [(_text(text, "text", in_words), second)], False
    if not text:
        raise ValueError("there are no texts")
    if text_pair is None:
        return [_row(row, f"text {i}", in_words) for i, row in enumerate(text)], True
    if not isinstance(text_pair, (list, tuple)):
        raise TypeError(f"text_pair is {text_pair!r}, expected a list, one for each text")
    if len(text) != len(text_pair):
        raise ValueError(f"there are {len(text)} texts but {len(text_pair)} second texts")
    rows = enumerate(zip(text, text_pair, strict=True))
    return [
        (_text(a, f"text {i}", in_words), _text(b, f"text_pair {i}", in_words))
        for i, (a, b) in rows
    ], True


def _row(row: object, name: str, in_words: bool) -> Pair:
    if _is_pair(row, in_words):
        return _text(row[0], name, in_words), _text(row[1], name, in_words)
    return _text(row, name, in_words), None


def _is_pair(row: object, in_words: bool) -> TypeGuard[Sequence[object]]:
    if not isinstance(row, (list, tuple)) or len(row) != 2:
        return False
    return not in_words or all(isinstance(half, (list, tuple)) for half in row)


def _text(text: object, name: str, in_words: bool) -> Text:
    if in_words:
        if not isinstance(text, (list, tuple)):
            raise TypeError(f"{name} is {text!r}, expected a list of words")
        return [_checked(word, f"{name}, word {i}") for i, word in enumerate(text)]
    return _checked(text, name)


def _checked(text: object, name: str) -> str:
    if not isinstance(text, str):
        raise TypeError(f"{name} is {text!r}, expected a text")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            code = ord(text[error.start])
            raise TypeError(
                f"{name} has a lone surrogate, U+{code:04X}, at character {error.start}; "
                "it is no character, decode the text with errors='replace'"
            ) from None
    return text
