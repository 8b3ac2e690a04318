"""Rows of a table; errors name the row and the column."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from scratch_bert.errors import CorpusError

SEPARATOR = "|"  # of several things in one cell of a CSV file
Example = TypeVar("Example")


@dataclass(frozen=True)
class Row:
    """One row.

    Attributes:
        place: for messages, such as "reviews.csv, row 3".
        values: column → value.
        broken: why the row cannot be read; None if it can.
    """

    place: str
    values: Mapping[str, Any]
    broken: str | None = None

    def wrong(self, column: str, why: str) -> CorpusError:
        """Return an error that names row and column."""
        return CorpusError(f"{self.place}, column {column}: {why}")

    def value(self, column: str) -> Any:
        """Return the value; CorpusError if it is missing."""
        value = self.values.get(column)
        if value is None:
            raise self.wrong(column, "is missing")
        return value

    def text(self, column: str) -> str:
        """Return a text; CorpusError if the value is no text, or blank."""
        value = self.value(column)
        if not isinstance(value, str):
            raise self.wrong(column, f"is of type {type(value).__name__}, no text")
        if not value.strip():
            raise self.wrong(column, "is empty")
        return value

    def name(self, column: str) -> str:
        """Return a label's name, a text or a whole number; CorpusError for other values."""
        value = self.value(column)
        if isinstance(value, int) and value != -1:  # -1 is a missing label in HF `datasets`
            return str(value)
        if value == -1:
            raise self.wrong(column, "is missing")
        return self.text(column).strip()

    def several(self, column: str, separator: str | None = SEPARATOR) -> list[str]:
        """Return a list of texts, or the parts of a text (separator None: at white space)."""
        value = self.value(column)
        if isinstance(value, str):
            parts = [part.strip() for part in value.split(separator)]
            return [part for part in parts if part]
        if not isinstance(value, Sequence) or not all(isinstance(part, str) for part in value):
            raise self.wrong(column, f"is {_short(value)}, expected texts")
        return list(value)

    def number(self, column: str) -> float:
        """Return a finite number; CorpusError for other values."""
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
    """A file or dataset.

    Attributes:
        name: its name, for messages.
        columns: of every row; None if rows can have different columns.
        rows: all rows, in order.
    """

    name: str
    columns: Sequence[str] | None
    rows: Iterable[Row]


def read_examples(
    tables: Iterable[Table],
    columns: Iterable[str],
    read: Callable[[Row], Example],
    skip: Callable[[str], object] | None,
) -> list[Example]:
    """Read the rows of tables as a task's examples.

    Args:
        tables: their rows are read.
        columns: columns that the tables must have.
        read: turns a row into an example; raises CorpusError if the row cannot be used.
        skip: is called with the reason for each row that cannot be used; None makes it an error.

    Raises:
        CorpusError: a column is missing, rows cannot be used, or no row is left.
    """
    examples, bad, names = list[Example](), list[str](), list[str]()
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
                examples.append(read(row))
            except CorpusError as error:
                bad.append(str(error))
                if skip is not None:
                    skip(str(error))
    if bad and skip is None:
        rest = len(bad) - 1
        more = f" (and {rest} more {'row' if rest == 1 else 'rows'} cannot be used)" if rest else ""
        raise CorpusError(f"{bad[0]}{more}; --on-error skip leaves out what cannot be used")
    if not examples:
        raise CorpusError(f"{', '.join(names)}: has no row that can be used")
    return examples


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) < 40 else f"{text[:37]}..."
