"""Step six: rows of one length, and what a call's options say about lengths."""

from dataclasses import dataclass
from typing import Literal, cast

from scratch_bert.tokenization.interface.truncation import STRATEGIES, Strategy

Padding = Literal["longest", "max_length", "do_not_pad"]
LARGEST = 10**20  # a model_max_length beyond it, such as HF's 1e30, is none
PADDINGS = ("longest", "max_length", "do_not_pad")


@dataclass(frozen=True)
class PaddedLengths:
    """How long rows may be and are made.

    Attributes:
        padding: to the longest row of the batch, to `max_length`, or not.
        truncation: which text gives way.
        max_length: in tokens, the special ones included.
        multiple: rows are padded to a multiple of it; None or 0 means any length.
    """

    padding: Padding
    truncation: Strategy
    max_length: int | None
    multiple: int | None

    def padded(self, longest: int) -> int | None:
        """Return the length rows are padded to; None where they are not.

        >>> PaddedLengths("longest", "do_not_truncate", None, 8).padded(9)
        16
        """
        if self.padding == "do_not_pad":
            return None
        length = self.max_length if self.padding == "max_length" else longest
        if length and self.multiple:
            length += -length % self.multiple
        return length


def read_lengths(
    padding: bool | str,
    truncation: bool | str | None,
    max_length: int | None,
    multiple: int | None,
    model_max_length: int,
) -> PaddedLengths:
    """Make a call's options one.

    A `max_length` alone truncates. Without one, the model's own is taken, and where it has none
    nothing is truncated or padded to it.

    Raises:
        ValueError: an option is unknown, a length negative, or one that is both padded and
            truncated to is no multiple.
    """
    if max_length is not None and padding is False and truncation is None:
        truncation = "longest_first"
    if isinstance(padding, bool):
        padding = "longest" if padding else "do_not_pad"
    if truncation is None or isinstance(truncation, bool):
        truncation = "longest_first" if truncation else "do_not_truncate"
    if padding not in PADDINGS:
        raise ValueError(f"padding is {padding!r}, expected a bool or one of {PADDINGS}")
    if truncation not in STRATEGIES:
        raise ValueError(f"truncation is {truncation!r}, expected a bool or one of {STRATEGIES}")
    kind, strategy = cast(Padding, padding), cast(Strategy, truncation)
    for name, value in (("max_length", max_length), ("pad_to_multiple_of", multiple)):
        if value is not None and value < 0:
            raise ValueError(f"{name} is {value}, expected 0 or more")
    if max_length is None:
        if model_max_length <= LARGEST:
            max_length = model_max_length
        else:
            kind = "do_not_pad" if kind == "max_length" else kind
            strategy = "do_not_truncate"
    both = kind != "do_not_pad" and strategy != "do_not_truncate"
    if both and multiple is not None and (multiple == 0 or (max_length or 0) % multiple):
        raise ValueError(
            f"max_length is {max_length}, expected a multiple of pad_to_multiple_of, {multiple}, "
            "where texts are both truncated and padded"
        )
    return PaddedLengths(kind, strategy, max_length, multiple)


def check_side(name: str, side: str) -> None:
    """Raise ValueError for a side that is neither left nor right."""
    if side not in ("left", "right"):
        raise ValueError(f"{name} is {side!r}, expected 'left' or 'right'")
