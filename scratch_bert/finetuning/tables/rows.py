"""Rows of a table, and what is wrong with them by row and column."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from scratch_bert.errors import CorpusError

SEPARATOR = "|"  # of several things in one cell of a CSV file
Item = TypeVar("Item")


@dataclass(frozen=True)
class Row:
    """One row.

    Attributes:
        place: for messages, such as "reviews.csv, row 3".
        values: by column.
        broken: why it has no values; None where it has.
    """

    place: str
    values: Mapping[str, Any]
    broken: str | None = None

    def wrong(self, column: str, why: str) -> CorpusError:
        """Make the error that names row and column."""
        return CorpusError(f"{self.place}, column {column}: {why}")

    def value(self, column: str) -> Any:
        """Return what is there; CorpusError where nothing is."""
        value = self.values.get(column)
        if value is None:
            raise self.wrong(column, "is missing")
        return value

    def text(self, column: str) -> str:
        """Return a text; CorpusError where it is none, or blank."""
        value = self.value(column)
        if not isinstance(value, str):
            raise self.wrong(column, f"is of type {type(value).__name__}, no text")
        if not value.strip():
            raise self.wrong(column, "is empty")
        return value

    def name(self, column: str) -> str:
        """Return a label's name, a text or a whole number; CorpusError where it is none."""
        value = self.value(column)
        if isinstance(value, int) and value != -1:  # datasets' sign that there is none
            return str(value)
        if value == -1:
            raise self.wrong(column, "is missing")
        return self.text(column).strip()

    def several(self, column: str, separator: str | None = SEPARATOR) -> list[str]:
        """Return texts: of a list, or of a text with a separator in it (None: white space)."""
        value = self.value(column)
        if isinstance(value, str):
            parts = [part.strip() for part in value.split(separator)]
            return [part for part in parts if part]
        if not isinstance(value, Sequence) or not all(isinstance(part, str) for part in value):
            raise self.wrong(column, f"is {_short(value)}, expected texts")
        return list(value)

    def number(self, column: str) -> float:
        """Return a finite number; CorpusError where it is none."""
        value = self.value(column)
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = math.nan
        if not math.isfinite(number):
            raise self.wrong(column, f"is {_short(value)}, expected a number")
        return number


@dataclass(frozen=True)
class Table:
    """Rows, and where they are from.

    Attributes:
        name: of the file or dataset.
        columns: that every row has; None where each says for itself.
        rows: in order.
    """

    name: str
    columns: Sequence[str] | None
    rows: Iterable[Row]


def read_items(
    tables: Iterable[Table],
    columns: Iterable[str],
    read: Callable[[Row], Item],
    skip: Callable[[str], object] | None,
) -> list[Item]:
    """Make of each row what a task needs.

    Args:
        tables: whose rows are read.
        columns: that they must have.
        read: takes a row; CorpusError where it cannot be used.
        skip: is told of each row that cannot; None refuses them.

    Raises:
        CorpusError: a column is absent, rows cannot be used (with their number), or none is left.
    """
    items, bad, names = list[Item](), list[str](), list[str]()
    for table in tables:
        names.append(table.name)
        for column in columns:
            if table.columns is not None and column not in table.columns:
                has = ", ".join(table.columns)
                why = f"{table.name}: has no column {column}, but {has}"
                raise CorpusError(f"{why}; --column ROLE=NAME names another")
        for row in table.rows:
            try:
                if row.broken is not None:
                    raise CorpusError(f"{row.place}: {row.broken}")
                items.append(read(row))
            except CorpusError as error:
                bad.append(str(error))
                if skip is not None:
                    skip(str(error))
    if bad and skip is None:
        rest = len(bad) - 1
        more = f" (and {rest} more {'row' if rest == 1 else 'rows'} cannot be used)" if rest else ""
        raise CorpusError(f"{bad[0]}{more}; --on-error skip leaves out what cannot be used")
    if not items:
        raise CorpusError(f"{', '.join(names)}: has no row that can be used")
    return items


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) < 40 else f"{text[:37]}..."
