"""A corpus on disk: Arrow files that are mapped into memory, so that it may be larger than that.

A file is written beside its place and moved there when it is whole; so what was interrupted is made
again, and what is there is used.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import overload

import numpy as np
import pyarrow as pa

from scratch_bert.errors import CorpusError
from scratch_bert.files import replace
from scratch_bert.pretraining.corpus.documents import Document, Sentence
from scratch_bert.pretraining.dynamic.pairs import Segment

DOCUMENTS = pa.schema([("sentences", pa.list_(pa.list_(pa.int32())))])
STRETCHES = pa.schema([(name, pa.int64()) for name in Segment._fields])


def documents_batch(documents: Sequence[Document]) -> pa.RecordBatch:
    """Pack documents."""
    sentences = [sentence for document in documents for sentence in document]
    ids = _array(list(chain.from_iterable(sentences)), np.int32)
    return pa.record_batch([_lists(documents, _lists(sentences, ids))], schema=DOCUMENTS)


def stretches_batch(stretches: Sequence[Segment]) -> pa.RecordBatch:
    """Pack stretches."""
    columns = [_array(column, np.int64) for column in zip(*stretches, strict=True)]
    return pa.record_batch(columns, schema=STRETCHES)


def write_batches(place: Path, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
    """Write packed rows as they come, and put the file in its place when it is whole."""

    def write(beside: Path) -> None:
        with pa.OSFile(str(beside), "wb") as file, pa.ipc.new_file(file, schema) as writer:
            for batch in batches:
                writer.write_batch(batch)

    replace(place, write)


def read_columns(place: Path, schema: pa.Schema) -> list[pa.ChunkedArray]:
    """Map a file into memory.

    Raises:
        CorpusError: the file is absent, damaged, or of something else.
    """
    try:
        table = pa.ipc.open_file(pa.memory_map(str(place))).read_all()
    except (OSError, pa.ArrowInvalid) as error:
        raise CorpusError(f"{place}: is no whole Arrow file: {error}") from None
    if table.schema != schema:
        raise CorpusError(f"{place}: has the columns {table.column_names}, not {schema.names}")
    return table.columns


class StoredDocument(Sequence[Sentence]):
    """A document where it lies; a sentence is read when it is asked for.

    Args:
        sentences: as Arrow has them.
    """

    def __init__(self, sentences: pa.ListArray) -> None:
        self._sentences = sentences

    def __len__(self) -> int:
        return len(self._sentences)

    @overload
    def __getitem__(self, place: int) -> Sentence: ...
    @overload
    def __getitem__(self, place: slice) -> list[Sentence]: ...
    def __getitem__(self, place: int | slice) -> Sentence | list[Sentence]:
        found = self._sentences[place]
        return found.to_pylist() if isinstance(place, slice) else found.as_py()

    def ids(self) -> np.ndarray:
        """All tokens in a row, where they lie."""
        begin, *_, end = np.from_dlpack(self._sentences.offsets)
        return np.from_dlpack(self._sentences.values)[begin:end]


class StoredDocuments:
    """Documents of an Arrow file, or some of them.

    Args:
        place: the file.
        numbers: how many are meant, and which each of them is in the file; None means all.
    """

    def __init__(
        self, place: Path, numbers: tuple[int, Callable[[int], int]] | None = None
    ) -> None:
        (self._documents,) = read_columns(place, DOCUMENTS)
        self._length, self._number = numbers or (len(self._documents), lambda place: place)

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, place: int) -> StoredDocument:
        number = self._number(range(len(self))[place])
        return StoredDocument(self._documents[number].values)

    def lengths(self) -> Iterator[list[int]]:
        """Count the tokens of each document's sentences, without reading those."""
        place = start = 0
        for chunk in self._documents.chunks:
            begins = np.from_dlpack(chunk.offsets).tolist()
            lengths = np.diff(np.from_dlpack(chunk.values.offsets)).tolist()
            while place < len(self) and (at := self._number(place) - start) < len(chunk):
                yield lengths[begins[at] : begins[at + 1]]
                place += 1
            start += len(chunk)

    def counts(self, vocab: int) -> list[int]:
        """Count how often each of so many ids is there."""
        found = np.zeros(vocab, dtype=np.int64)
        for place in range(len(self)):
            np.add.at(found, self[place].ids(), 1)
        return found.tolist()


class StoredStretches:
    """Stretches of an Arrow file."""

    def __init__(self, place: Path) -> None:
        self._columns = read_columns(place, STRETCHES)

    def __len__(self) -> int:
        return len(self._columns[0])

    def __getitem__(self, place: int) -> Segment:
        return Segment(*(column[place].as_py() for column in self._columns))


def _lists(lists: Sequence[Sequence[object]], values: pa.Array) -> pa.Array:
    ends = np.cumsum([0, *map(len, lists)], dtype=np.int32)
    return pa.ListArray.from_arrays(_array(ends, np.int32), values)


def _array(numbers: Sequence[int] | np.ndarray, dtype: type[np.integer]) -> pa.Array:
    """Numbers as Arrow has them; `pa.array` would import pandas first, where that is installed."""
    values = np.asarray(numbers, dtype=dtype)
    return pa.Array.from_buffers(
        pa.from_numpy_dtype(values.dtype), len(values), [None, pa.py_buffer(values)]
    )
