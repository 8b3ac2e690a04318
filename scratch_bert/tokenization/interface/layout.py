"""A text or a pair as rows: truncated, framed by special tokens; the overflow as further rows."""

from collections.abc import Sequence
from dataclasses import dataclass

from scratch_bert.tokenization.fast.path import FastPath
from scratch_bert.tokenization.interface.encoding import Encoding, Frame
from scratch_bert.tokenization.interface.inputs import Text
from scratch_bert.tokenization.interface.padding import PaddedLengths
from scratch_bert.tokenization.interface.pieces import Details, Pieces
from scratch_bert.tokenization.interface.truncation import Side, rooms, rows, windows


@dataclass(frozen=True)
class TextReader:
    """Cuts a text into pieces, by the fast path.

    Attributes:
        fast: the fast path.
        split_special_tokens: treat special tokens in a text as any other text.
    """

    fast: FastPath
    split_special_tokens: bool

    def pieces(self, text: Text, with_details: bool) -> Pieces:
        """Return a text's ids, and the details now or when they are asked for."""
        if with_details:
            details = self.details(text)
            return Pieces(details.ids, text, self.details, details)
        if isinstance(text, str):
            ids = self.fast.ids(text, self.split_special_tokens)
        else:
            ids = [i for word in text for i in self.fast.ids(word, self.split_special_tokens)]
        return Pieces(tuple(ids), text, self.details)

    def details(self, text: Text) -> Details:
        """Return a text's pieces, column by column.

        The offsets of a text that comes as words count from the start of each word.
        """
        if isinstance(text, str):
            return self.fast.details(text, self.split_special_tokens)
        found = [self.fast.details(word, self.split_special_tokens) for word in text]
        return Details(
            tuple(i for each in found for i in each.ids),
            tuple(token for each in found for token in each.tokens),
            tuple(span for each in found for span in each.offsets),
            tuple(number for number, each in enumerate(found) for _ in each.tokens),
        )


def lay_out(
    texts: Sequence[Pieces], frame: Frame, lengths: PaddedLengths, stride: int, side: Side
) -> list[Encoding]:
    """Lay one text, or two, out as rows; the first is the row, the others overflow.

    Args:
        texts: one text's pieces, or two.
        frame: the special tokens around them.
        lengths: how long a row may be.
        stride: pieces that a window shares with the one before it.
        side: where what is too long is cut off.

    Raises:
        ValueError: what must give way cannot, or a window would share all its pieces.
    """
    if lengths.truncation == "do_not_truncate" or lengths.max_length is None:
        return [Encoding(frame, texts)]
    numbers = [len(text.ids) for text in texts]
    pair = len(texts) == 2
    budget = lengths.max_length - frame.added(pair=pair)
    second = numbers[1] if pair else None
    kept = rooms(numbers[0], second, budget, lengths.truncation)
    cut = [windows(number, room, stride, side) for number, room in zip(numbers, kept, strict=False)]
    if not pair:
        return [Encoding(frame, texts, [window]) for window in cut[0]]
    return [Encoding(frame, texts, both) for both in rows(*cut)]


def check_lengths(lengths: PaddedLengths, stride: int, added: int, always: int) -> None:
    """Refuse lengths without room.

    Args:
        lengths: how long a row may be.
        stride: pieces that windows share.
        added: special tokens around the longest kind of row in this call.
        always: special tokens around a single text; the reference measures the stride by it.

    Raises:
        ValueError: the special tokens alone are longer than `max_length`, which the reference
            takes for no limit at all; or the stride is negative or beyond every window.
    """
    if lengths.truncation == "do_not_truncate" or lengths.max_length is None:
        return
    if lengths.max_length < added:
        raise ValueError(
            f"max_length is {lengths.max_length}, expected at least {added}, "
            "for the special tokens alone"
        )
    room = lengths.max_length - always
    if stride < 0 or 0 <= room < stride:
        raise ValueError(f"stride is {stride}, expected 0 to {max(room, 0)}, a window's pieces")
