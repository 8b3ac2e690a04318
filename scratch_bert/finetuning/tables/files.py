"""Read tables: CSV, TSV, JSON lines, Parquet, SQuAD, CoNLL, HuggingFace datasets."""

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from scratch_bert.errors import CorpusError
from scratch_bert.finetuning.tables.annotated_files import conll_rows, squad_rows
from scratch_bert.finetuning.tables.rows import Row, Table
from scratch_bert.pretraining.corpus.datasets import Dataset
from scratch_bert.pretraining.corpus.text_files import check_file, opened


def read_table(path: Path) -> Table:
    """Open a table; its rows are read lazily.

    Args:
        path: a file that ends in .csv, .tsv, .jsonl, .parquet, .json (SQuAD) or .conll; text files
            may be compressed, as .csv.gz.

    Raises:
        CorpusError: the file cannot be read, is not UTF-8, or has another ending.
    """
    kind = Path(path.name.removesuffix(".gz")).suffix
    if kind == ".parquet":
        return _parquet(path)
    if kind not in _KINDS:
        known = ", ".join([*_KINDS, ".parquet"])
        raise CorpusError(f"{path}: is of no kind that can be read: {known}")
    check_file(path)
    return _KINDS[kind](path)


def dataset_table(dataset: Dataset) -> Table:
    """Take the rows of a HuggingFace dataset; class labels become their names.

    Raises:
        CorpusError: the dataset cannot be read.
    """
    rows = dataset.rows
    names = {
        column: feature.names
        for column, whole in (rows.features or {}).items()
        if hasattr(feature := getattr(whole, "feature", whole), "names")
    }

    def named(column: str, value: Any) -> Any:
        if isinstance(value, list):
            return [named(column, each) for each in value]
        known = column in names and isinstance(value, int) and value >= 0
        return names[column][value] if known else value

    def rows_of() -> Iterator[Row]:
        with dataset.named():
            for number, values in enumerate(rows, 1):
                taken = {column: named(column, value) for column, value in values.items()}
                yield Row(f"{dataset.name}, row {number}", taken)

    return Table(dataset.name, rows.column_names, rows_of())


def _separated(delimiter: str) -> Callable[[Path], Table]:
    def table(path: Path) -> Table:
        with opened(path) as (text, _):
            header = next(csv.reader(text, delimiter=delimiter), [])

        def rows() -> Iterator[Row]:
            with opened(path) as (text, _):
                reader = csv.reader(text, delimiter=delimiter)
                next(reader)
                for number, cells in enumerate(filter(None, reader), 1):
                    place, broken = f"{path}, row {number}", None
                    if len(cells) != len(header):
                        broken = f"has {len(cells)} columns, expected {len(header)}"
                    yield Row(place, dict(zip(header, cells, strict=False)), broken)

        return Table(str(path), header, rows())

    return table


def _lines(path: Path) -> Table:
    def rows() -> Iterator[Row]:
        with opened(path) as (text, _):
            for number, line in enumerate(text, 1):
                place = f"{path}, row {number}"
                if not line.strip():
                    continue
                try:
                    values = json.loads(line)
                except ValueError as error:
                    yield Row(place, {}, f"not JSON: {error}")
                    continue
                is_object = isinstance(values, dict)
                broken = None if is_object else f"is a {type(values).__name__}, expected an object"
                yield Row(place, values if is_object else {}, broken)

    return Table(str(path), None, rows())


def _parquet(path: Path) -> Table:
    import pyarrow
    from pyarrow import parquet

    try:
        found = parquet.read_table(path)
    except (OSError, pyarrow.ArrowException) as error:
        raise CorpusError(f"{path}: cannot be read: {str(error).splitlines()[0]}") from None
    rows = (Row(f"{path}, row {n}", values) for n, values in enumerate(found.to_pylist(), 1))
    return Table(str(path), found.column_names, rows)


_KINDS: dict[str, Callable[[Path], Table]] = {
    ".csv": _separated(","),
    ".tsv": _separated("\t"),
    ".jsonl": _lines,
    ".json": lambda path: Table(str(path), None, squad_rows(path)),
    ".conll": lambda path: Table(str(path), None, conll_rows(path)),
}
