"""Where a task's rows are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from scratch_bert.pretraining.corpus.datasets import Dataset


@dataclass(frozen=True)
class Source:
    """Training data and validation set.

    Attributes:
        data: files; without files and dataset, the task's table of examples in the package.
        dataset: a HuggingFace dataset instead of files.
        held_out: files of the validation set; without files, a share of the rows is held out.
        share: that share.
        columns: role → column, if it is not the task's default.
        labels: all labels; if empty, they are taken from the rows.
        skips: skip rows that cannot be used; otherwise such a row is an error.
    """

    data: Sequence[Path] = ()
    dataset: Dataset | None = None
    held_out: Sequence[Path] = ()
    share: float = 0.2
    columns: Mapping[str, str] = field(default_factory=dict)
    labels: Sequence[str] = ()
    skips: bool = False
