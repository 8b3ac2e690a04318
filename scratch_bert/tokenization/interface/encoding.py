"""Step five: a row, [CLS] first [SEP] second [SEP], padded; each column of it on request."""

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

from scratch_bert.tokenization.interface.pieces import Pieces, Span
from scratch_bert.tokenization.interface.truncation import Window

T = TypeVar("T")


class Frame(NamedTuple):
    """The special tokens around a row's texts, each with its id.

    Attributes:
        cls: stands before the first text.
        sep: stands after each.
        pad: fills a row up.
        shown: False leaves cls and sep out (HF `add_special_tokens`).
    """

    cls: tuple[str, int]
    sep: tuple[str, int]
    pad: tuple[str, int]
    shown: bool = True

    def added(self, pair: bool) -> int:
        """How many there are: two around a text, three around a pair."""
        return (3 if pair else 2) if self.shown else 0


class Encoding:
    """One row of a batch (HF `tokenizers.Encoding`).

    Args:
        frame: its special tokens.
        texts: one text's pieces, or two.
        windows: which pieces of each text are in this row; None means all.
    """

    __slots__ = ("_frame", "_left", "_length", "_right", "_texts", "_windows")

    def __init__(
        self, frame: Frame, texts: Sequence[Pieces], windows: Sequence[Window] | None = None
    ) -> None:
        self._frame = frame
        self._texts = texts
        self._windows = windows
        self._left = self._right = 0
        self._length = sum(self._lengths()) + frame.added(pair=len(texts) == 2)

    def _lengths(self) -> list[int]:
        if self._windows is None:
            return [len(text.ids) for text in self._texts]
        return [end - start for start, end in self._windows]

    def pad(self, length: int, side: str) -> None:
        """Fill the row up to a length, where it is shorter."""
        missing = max(0, length - self._length)
        self._left, self._right = (missing, 0) if side == "left" else (0, missing)

    def __len__(self) -> int:
        return self._left + self._length + self._right

    def __repr__(self) -> str:
        return f"Encoding({self.tokens})"

    @property
    def n_sequences(self) -> int:
        """How many texts it holds: 1 or 2."""
        return len(self._texts)

    def _column(self, parts: Sequence[Sequence[T]], cls: T, seps: Sequence[T], pad: T) -> list[T]:
        """Put a column together: a part for each text, and the special tokens' values."""
        if self._frame.shown:
            column = [cls, *parts[0], seps[0]]
            if len(parts) == 2:
                column += (*parts[1], seps[1])
        else:
            column = [value for part in parts for value in part]
        if self._left or self._right:
            return [pad] * self._left + column + [pad] * self._right
        return column

    def _inside(self, values: Sequence[Sequence[T]]) -> Sequence[Sequence[T]]:
        if self._windows is None:
            return values
        windows = zip(values, self._windows, strict=True)
        return [part[start:end] for part, (start, end) in windows]

    def _constant(self, values: Sequence[T]) -> list[list[T]]:
        return [[value] * n for value, n in zip(values, self._lengths(), strict=False)]

    @property
    def ids(self) -> list[int]:
        """Ids of the vocabulary (HF `input_ids`)."""
        cls, sep, pad = self._frame.cls[1], self._frame.sep[1], self._frame.pad[1]
        return self._column(self._inside([text.ids for text in self._texts]), cls, (sep, sep), pad)

    @property
    def type_ids(self) -> list[int]:
        """Segments: 0 up to the first [SEP], then 1; padding is 0 (HF `token_type_ids`)."""
        first, *second = self._lengths()
        zeros, ones = self._left + first, sum(second)
        if self._frame.shown:  # [CLS] and the first [SEP] count to the first text
            zeros += 2
            ones += len(second)
        return [0] * zeros + [1] * ones + [0] * self._right

    @property
    def attention_mask(self) -> list[int]:
        """1 for tokens, 0 for padding."""
        return [0] * self._left + [1] * self._length + [0] * self._right

    @property
    def special_tokens_mask(self) -> list[int]:
        """1 for what was put around the texts, padding too; 0 for what stood in them."""
        return self._column(self._constant((0, 0)), 1, (1, 1), 1)

    @property
    def tokens(self) -> list[str]:
        """The pieces."""
        cls, sep, pad = self._frame.cls[0], self._frame.sep[0], self._frame.pad[0]
        parts = self._inside([text.details.tokens for text in self._texts])
        return self._column(parts, cls, (sep, sep), pad)

    @property
    def offsets(self) -> list[Span]:
        """Start and end in the text a token comes from; (0, 0) for special tokens around them."""
        parts = self._inside([text.details.offsets for text in self._texts])
        return self._column(parts, (0, 0), ((0, 0), (0, 0)), (0, 0))

    @property
    def word_ids(self) -> list[int | None]:
        """Which word of its text a token belongs to; None for special tokens around them."""
        parts = self._inside([text.details.words for text in self._texts])
        return self._column(parts, None, (None, None), None)

    @property
    def sequence_ids(self) -> list[int | None]:
        """Which text a token belongs to; None for special tokens around them."""
        values: list[int | None] = [0, 1]
        return self._column(self._constant(values), None, (None, None), None)

    def _range(self, sequence: int) -> range:
        """Where in the row a text's tokens are; the whole row where there is no such text."""
        if not 0 <= sequence < len(self._texts):
            return range(len(self))
        around = 1 if self._frame.shown else 0  # [CLS] before the first text, [SEP] after each
        lengths = self._lengths()
        start = self._left + around + sum(length + around for length in lengths[:sequence])
        return range(start, start + lengths[sequence])

    def token_to_sequence(self, token: int) -> int | None:
        """Return which text a token comes from."""
        _check_index("token", token)
        found = (i for i in range(len(self._texts)) if token in self._range(i))
        return next(found, None)

    def token_to_word(self, token: int) -> int | None:
        """Return the word of its text that a token comes from."""
        return None if self.token_to_sequence(token) is None else self.word_ids[token]

    def token_to_chars(self, token: int) -> Span | None:
        """Return where in its text a token comes from."""
        return None if self.token_to_sequence(token) is None else self.offsets[token]

    def char_to_token(self, char: int, sequence: int = 0) -> int | None:
        """Return the token that covers a character; None for white space and what was removed."""
        _check_index("char", char)
        offsets = self.offsets
        covering = (i for i in self._range(sequence) if offsets[i][0] <= char < offsets[i][1])
        return next(covering, None)

    def char_to_word(self, char: int, sequence: int = 0) -> int | None:
        """Return the word that covers a character."""
        token = self.char_to_token(char, sequence)
        return None if token is None else self.token_to_word(token)

    def word_to_tokens(self, word: int, sequence: int = 0) -> Span | None:
        """Return the first token of a word and the one after its last."""
        _check_index("word", word)
        words = self.word_ids
        found = []
        for i in self._range(sequence):
            if (words[i] or 0) > word:
                break
            if words[i] == word:
                found.append(i)
        return (found[0], found[-1] + 1) if found else None

    def word_to_chars(self, word: int, sequence: int = 0) -> Span | None:
        """Return where in its text a word comes from."""
        tokens = self.word_to_tokens(word, sequence)
        if tokens is None:
            return None
        return self.offsets[tokens[0]][0], self.offsets[tokens[1] - 1][1]


def _check_index(name: str, index: int) -> None:
    if index < 0:
        raise ValueError(f"{name} is {index}, expected a place counted from 0")
