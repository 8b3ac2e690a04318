"""Rows encoded one by one, padded together: what a data loader does with a batch."""

from collections.abc import Mapping, Sequence
from typing import Any

from scratch_bert.tokenization.interface.padding import PaddedLengths
from scratch_bert.tokenization.interface.truncation import Side


def pad_rows(
    rows: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    lengths: PaddedLengths,
    side: Side,
    pad_id: int,
    with_mask: bool,
) -> dict[str, Any]:
    """Pad rows' ids, segments and masks; other columns stay.

    >>> rows = [{"input_ids": [5, 6, 7]}, {"input_ids": [5]}]
    >>> pad_rows(rows, PaddedLengths("longest", "do_not_truncate", None, None), "right", 0, True)
    {'input_ids': [[5, 6, 7], [5, 0, 0]], 'attention_mask': [[1, 1, 1], [1, 0, 0]]}

    Args:
        rows: name → rows, or for each row name → column; lists, arrays or tensors. One row alone
            comes back alone.
        lengths: to which length.
        side: where the shorter rows are filled up.
        pad_id: the id they are filled with.
        with_mask: make an attention mask where there is none; one that is there is always padded.

    Raises:
        ValueError: there are no `input_ids`, or columns differ in length.
    """
    columns = columns_of(rows)
    ids = columns["input_ids"]
    single = not ids or isinstance(ids[0], int)
    if single:
        columns = {name: [column] for name, column in columns.items()}
    numbers = {name: len(column) for name, column in columns.items()}
    if len(set(numbers.values())) > 1:
        raise ValueError(f"columns differ in length: {numbers}")
    each = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    length = lengths.padded(max(len(row["input_ids"]) for row in each))
    fillers = {"input_ids": pad_id, "token_type_ids": 0, "attention_mask": 0}
    fillers["special_tokens_mask"] = 1
    padded: dict[str, list[Any]] = {}
    for row in each:
        if with_mask:
            row.setdefault("attention_mask", [1] * len(row["input_ids"]))
        full = row if length is None else pad_columns(row, length, fillers, side)
        for name, column in full.items():
            padded.setdefault(name, []).append(column)
    return {name: column[0] for name, column in padded.items()} if single else padded


def pad_columns(
    columns: Mapping[str, Sequence[int]], length: int, fillers: Mapping[str, int], side: Side
) -> dict[str, Sequence[int]]:
    """Fill one row's columns up to a length; columns without a filler stay as they are.

    >>> pad_columns({"input_ids": [5, 6], "labels": [1]}, 4, {"input_ids": 0}, "right")
    {'input_ids': [5, 6, 0, 0], 'labels': [1]}
    """
    missing = length - len(columns["input_ids"])
    padded = dict(columns)
    for name in fillers.keys() & columns.keys():
        column, padding = [*columns[name]], [fillers[name]] * missing
        padded[name] = column + padding if side == "right" else padding + column
    return padded


def columns_of(rows: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Make columns of rows, and lists of tensors or arrays.

    Args:
        rows: name → rows, or for each row name → column, as a data loader gathers them.

    Raises:
        ValueError: there are no `input_ids`.
    """
    if not isinstance(rows, Mapping):
        names = rows[0].keys() if rows else ()
        rows = {name: [row[name] for row in rows] for name in names}
    columns = {name: plain(column) for name, column in rows.items()}
    if "input_ids" not in columns:
        raise ValueError(f"there are no input_ids, only {list(columns)}")
    return columns


def plain(values: Any) -> Any:
    """Make lists and numbers of tensors and arrays, at any depth."""
    if hasattr(values, "tolist"):
        return values.tolist()
    return [plain(each) for each in values] if isinstance(values, (list, tuple)) else values
