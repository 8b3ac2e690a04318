"""What a call returns: columns by name, and the rows they were made from."""

from collections import UserDict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from scratch_bert.tokenization.interface.encoding import Encoding

if TYPE_CHECKING:
    import torch

TENSORS = ("pt", "np")


class CharSpan(NamedTuple):
    """Characters of a text, the end not included."""

    start: int
    end: int


class TokenSpan(NamedTuple):
    """Tokens of a row, the end not included."""

    start: int
    end: int


class BatchEncoding(UserDict[str, Any]):
    """A batch as the model takes it, `model(**batch)` (HF `BatchEncoding`).

    A name gives a column, as does an attribute of that name; a number gives a row, an `Encoding`.
    The maps below take a row and a place, or for the first row a place alone.

    Args:
        columns: name → rows.
        encodings: the rows.
    """

    def __init__(self, columns: Mapping[str, Any], encodings: Sequence[Encoding] = ()) -> None:
        super().__init__(columns)
        self.encodings = list(encodings)

    def __getitem__(self, key: Any) -> Any:
        return self.data[key] if isinstance(key, str) else self.encodings[key]

    def __getattr__(self, name: str) -> Any:
        if name == "data" or name not in self.data:
            raise AttributeError(f"there is no column {name!r}")
        return self.data[name]

    @property
    def n_sequences(self) -> int | None:
        """How many texts a row holds: 1 or 2; None without rows."""
        return self.encodings[0].n_sequences if self.encodings else None

    def to(self, device: "str | torch.device", *, non_blocking: bool = False) -> Self:
        """Move the columns that are tensors to a device."""
        for name, column in self.data.items():
            if hasattr(column, "to"):
                self.data[name] = column.to(device=device, non_blocking=non_blocking)
        return self

    def tokens(self, batch_index: int = 0) -> list[str]:
        """Return a row's pieces."""
        return self.encodings[batch_index].tokens

    def word_ids(self, batch_index: int = 0) -> list[int | None]:
        """Return which word of its text each token belongs to."""
        return self.encodings[batch_index].word_ids

    def sequence_ids(self, batch_index: int = 0) -> list[int | None]:
        """Return which text each token belongs to."""
        return self.encodings[batch_index].sequence_ids

    def _place(self, row: int, place: int | None) -> tuple[Encoding, int]:
        return (self.encodings[0], row) if place is None else (self.encodings[row], place)

    def token_to_sequence(
        self, batch_or_token_index: int, token_index: int | None = None
    ) -> int | None:
        """Return which text a token comes from."""
        encoding, token = self._place(batch_or_token_index, token_index)
        return encoding.token_to_sequence(token)

    def token_to_word(
        self, batch_or_token_index: int, token_index: int | None = None
    ) -> int | None:
        """Return the word a token comes from."""
        encoding, token = self._place(batch_or_token_index, token_index)
        return encoding.token_to_word(token)

    def token_to_chars(
        self, batch_or_token_index: int, token_index: int | None = None
    ) -> CharSpan | None:
        """Return the characters a token comes from."""
        encoding, token = self._place(batch_or_token_index, token_index)
        span = encoding.token_to_chars(token)
        return None if span is None else CharSpan(*span)

    def char_to_token(
        self, batch_or_char_index: int, char_index: int | None = None, sequence_index: int = 0
    ) -> int | None:
        """Return the token that covers a character."""
        encoding, char = self._place(batch_or_char_index, char_index)
        return encoding.char_to_token(char, sequence_index)

    def char_to_word(
        self, batch_or_char_index: int, char_index: int | None = None, sequence_index: int = 0
    ) -> int | None:
        """Return the word that covers a character."""
        encoding, char = self._place(batch_or_char_index, char_index)
        return encoding.char_to_word(char, sequence_index)

    def word_to_tokens(
        self, batch_or_word_index: int, word_index: int | None = None, sequence_index: int = 0
    ) -> TokenSpan | None:
        """Return a word's tokens."""
        encoding, word = self._place(batch_or_word_index, word_index)
        span = encoding.word_to_tokens(word, sequence_index)
        return None if span is None else TokenSpan(*span)

    def word_to_chars(
        self, batch_or_word_index: int, word_index: int | None = None, sequence_index: int = 0
    ) -> CharSpan:
        """Return a word's characters.

        Raises:
            ValueError: the row has no token of that word.
        """
        encoding, word = self._place(batch_or_word_index, word_index)
        span = encoding.word_to_chars(word, sequence_index)
        if span is None:
            raise ValueError(f"there is no word {word} of text {sequence_index} in this row")
        return CharSpan(*span)


def as_tensors(columns: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """Turn columns into tensors, whole numbers into int64.

    Args:
        columns: name → rows.
        kind: "pt" for torch, "np" for numpy.

    Raises:
        ValueError: another kind; or the rows differ in length and cannot form a tensor.
    """
    if kind not in TENSORS:
        raise ValueError(f"return_tensors is {kind!r}, expected 'pt' or 'np'")
    import numpy as np  # here, so that a tokenizer that makes lists needs neither

    tensors = {}
    for name, rows in columns.items():
        lengths = {len(row) for row in rows if isinstance(row, list)}
        if len(lengths) > 1:
            raise ValueError(
                f"{name}: rows have {min(lengths)} to {max(lengths)} tokens and cannot form a "
                "tensor; pass padding=True, and truncation=True where texts overflow"
            )
        array = np.array(rows)
        if array.dtype == object or array.dtype.kind in "SU":
            raise ValueError(f"{name} contains {rows[0]!r}, expected numbers")
        tensors[name] = array.astype(np.int64) if array.size == 0 else array
    if kind == "np":
        return tensors
    import torch

    made = {name: torch.from_numpy(rows) for name, rows in tensors.items()}
    return {
        n: t.to(torch.get_default_dtype()) if t.is_floating_point() else t for n, t in made.items()
    }
