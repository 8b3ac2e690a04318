"""Where a task's rows come from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from scratch_bert.pretraining.corpus.datasets import Dataset


@dataclass(frozen=True)
class Source:
    """What is learnt from, and what is held out.

    Attributes:
        data: files; without any, and without a dataset, the examples that come with the package.
        dataset: a HuggingFace dataset in place of files.
        held_out: files of which nothing is learnt; without any, a share of the rows is held out.
        share: that share.
        columns: role → column, where it is not the task's own.
        labels: all there are; without any, those of the rows.
        skips: whether a row that cannot be used is left out; else it is an error.
    """

    data: Sequence[Path] = ()
    dataset: Dataset | None = None
    held_out: Sequence[Path] = ()
    share: float = 0.2
    columns: Mapping[str, str] = field(default_factory=dict)
    labels: Sequence[str] = ()
    skips: bool = False
