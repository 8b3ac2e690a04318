"""The names of a classifier's outputs."""

from collections.abc import Iterable

from scratch_bert.errors import CorpusError
from scratch_bert.finetuning.tables.rows import Row


def sorted_labels(names: Iterable[str]) -> tuple[str, ...]:
    """Sort names; whole numbers come first, by size.

    >>> sorted_labels(["10", "9", "no", "9"])
    ('9', '10', 'no')
    """
    return tuple(sorted(set(names), key=lambda name: (not name.isdecimal(), _size(name), name)))


def check_known(row: Row, column: str, names: Iterable[str], known: tuple[str, ...]) -> None:
    """Refuse a label that is not among the known labels, if there are any.

    Raises:
        CorpusError: the message names row, column and the known labels.
    """
    for name in names:
        if known and name not in known:
            raise row.wrong(column, f"{name!r} is none of the labels {', '.join(known)}")


def check_several(labels: tuple[str, ...], what: str) -> None:
    """Refuse a single label: a classifier needs at least two.

    Raises:
        CorpusError: there are fewer than two labels.
    """
    if len(labels) < 2:
        raise CorpusError(f"{what}: all rows have the label {labels[0]}; expected two at least")


def _size(name: str) -> int:
    return int(name) if name.isdecimal() else 0
