"""A corpus on disk: Arrow files that are mapped into memory, so that it may be larger than that.

A file is written beside its place and moved there when it is whole; so what was interrupted is made
again, and what is there is used.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, overload

import pyarrow as pa

from scratch_bert.errors import CorpusError
from scratch_bert.files import replace
from scratch_bert.pretraining.documents import Document
from scratch_bert.pretraining.pairs import Pair

_IDS = pa.list_(pa.int32())
DOCUMENTS = pa.schema([("sentences", pa.list_(_IDS))])
PAIRS = pa.schema([("first", _IDS), ("second", _IDS), ("is_random_next", pa.bool_())])
_TOGETHER = 1000  # rows that are written at once


def write_rows(place: Path, schema: pa.Schema, rows: Iterable[Sequence[Any]]) -> None:
    """Write rows, a thousand at a time, and put the file in its place when it is whole."""

    def write(beside: Path) -> None:
        with pa.OSFile(str(beside), "wb") as file, pa.ipc.new_file(file, schema) as writer:
            left = iter(rows)
            while some := [*islice(left, _TOGETHER)]:
                columns = zip(*some, strict=True)
                arrays = [
                    pa.array(column, field.type)
                    for column, field in zip(columns, schema, strict=True)
                ]
                writer.write_batch(pa.record_batch(arrays, schema=schema))

    replace(place, write)


class Rows:
    """Rows of such a file; one is read when it is asked for.

    Raises:
        CorpusError: the file is absent, damaged, or of something else.
    """

    def __init__(self, place: Path, schema: pa.Schema) -> None:
        try:
            table = pa.ipc.open_file(pa.memory_map(str(place))).read_all()
        except (OSError, pa.ArrowInvalid) as error:
            raise CorpusError(f"{place}: is no whole Arrow file: {error}") from None
        if table.schema != schema:
            raise CorpusError(f"{place}: has the columns {table.column_names}, not {schema.names}")
        self._columns = table.columns
        self._length = table.num_rows

    def __len__(self) -> int:
        return self._length

    def row(self, number: int) -> list[Any]:
        """Read a row."""
        return [column[number].as_py() for column in self._columns]


class Documents(Sequence[Document]):
    """Documents of an Arrow file.

    Args:
        place: the file.
        numbers: of those that are meant; None means all.
    """

    def __init__(self, place: Path, numbers: Sequence[int] | None = None) -> None:
        self._rows = Rows(place, DOCUMENTS)
        self._numbers = range(len(self._rows)) if numbers is None else numbers

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, place: int) -> Document: ...
    @overload
    def __getitem__(self, place: slice) -> list[Document]: ...
    def __getitem__(self, place: int | slice) -> Document | list[Document]:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        (sentences,) = self._rows.row(self._numbers[place])
        return sentences


class Pairs:
    """Sentence pairs of an Arrow file."""

    def __init__(self, place: Path) -> None:
        self._rows = Rows(place, PAIRS)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, number: int) -> Pair:
        return Pair(*self._rows.row(number))

    def __iter__(self) -> Iterator[Pair]:
        return (self[number] for number in range(len(self)))
