"""What a report's heat map shows: stages down, inputs across, and what became of each."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from parity.core.compare import Comparison, Status
from parity.core.stages import OUTPUTS
from parity.model.candidate import FEATURES

_ALONE = {"propagated": "isolated", "gradient": "isolated gradient"}
_WHOLE = {*FEATURES, "input_ids", "probe", "error"}

_RETURNED = {*OUTPUTS, "loss", "hidden_states", "attentions"}

STEPS = (1e-3, 1e-2, 0.1, 1.0, 10.0, 1e3, 1e6)
"""Where one color ends and the next begins, in shares of what is allowed."""


class Mark(StrEnum):
    """The kinds of cells, which have symbols besides their colors."""

    EQUAL = "equal"  # every bit
    MATCH = "match"
    BORN = "born"  # wrong though its input was right
    INHERITED = "inherited"  # wrong, and right where its input is
    DIFFERS = "differs"  # wrong, and was not judged alone
    SHAPE = "shape"
    DTYPE = "dtype"
    MISSING_OURS = "missing_ours"
    MISSING_THEIRS = "missing_theirs"
    UNSUPPORTED = "unsupported"
    NOTE = "note"


@dataclass(frozen=True)
class Column:
    """An input, with the weights it was given to."""

    checkpoint: str
    probe: str


class HeatMap:
    """A report's comparisons in their places.

    Args:
        rows: a report's.

    Attributes:
        rows: those that have a place; laws and what is said of a whole candidate have none.
        columns: in the order of the rows.
        lanes: the stages of each, in the order of computation.
    """

    def __init__(self, rows: Iterable[Comparison]) -> None:
        self.rows = [row for row in rows if row.lane != "law" and row.probe != "float64"]
        self.columns = [*dict.fromkeys(column_of(row) for row in self.rows)]
        made: dict[str, dict[Column, list[str]]] = {}
        for row in self.rows:
            made.setdefault(row.lane, {}).setdefault(column_of(row), []).append(row.name)
        self.lanes = {lane: _merged(orders.values()) for lane, orders in made.items()}
        alone = {*_ALONE.values()}
        self._alone = {_key(row, row.lane): row for row in self.rows if row.lane in alone}

    def mark(self, row: Comparison) -> Mark:
        """Say what became of a comparison."""
        if row.status is Status.MATCH:
            return Mark.EQUAL if row.bit_equal else Mark.MATCH
        if row.status is not Status.VALUE:
            return Mark(row.status.lower())
        alone = self._alone.get(_key(row, _ALONE.get(row.lane, row.lane)))
        if alone is None or alone.status is Status.UNSUPPORTED:
            return Mark.DIFFERS
        return Mark.INHERITED if alone.passed else Mark.BORN


def column_of(row: Comparison) -> Column:
    """Say in which column a comparison stands."""
    return Column(row.checkpoint, row.probe)


def group_of(stage: str) -> str:
    """Name the part of a BERT that a stage is in."""
    if layer := re.match(r"encoder\.layer\.\d+(?=\.|$)", stage):
        return layer[0]
    if stage.startswith("embeddings"):
        return "embeddings"
    if stage in _WHOLE:
        return "inputs and the run"
    return "outputs" if stage.partition(".")[0] in _RETURNED else "pooler and heads"


def _key(row: Comparison, lane: str) -> tuple[Column, str, str]:
    return column_of(row), lane, row.name


def _merged(orders: Iterable[Sequence[str]]) -> list[str]:
    """One order of all: what only some have stands behind what it follows there."""
    merged: list[str] = []
    for order in orders:
        place = 0
        for name in order:
            if name in merged:
                place = merged.index(name) + 1
            else:
                merged.insert(place, name)
                place += 1
    return merged
