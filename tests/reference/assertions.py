"""What is asserted of a check of parity: it compared something, and every bit was the same."""

from collections.abc import Iterable, Mapping

from torch import Tensor

from parity.core.compare import Comparison
from parity.model.lockstep_diff import compare_named
from parity.report.terminal import explain


def assert_bit_equal(rows: Iterable[Comparison]) -> dict[str, Comparison]:
    """Every row is of two tensors with the same bits; return the rows by name."""
    found = {row.name: row for row in rows}
    assert found, "nothing was compared"
    failed = [explain(row) for row in found.values() if not row.bit_equal]
    assert not failed, "\n".join(failed)
    return found


def assert_same(ours: Mapping[str, Tensor], theirs: Mapping[str, Tensor]) -> None:
    """The same names stand for the same bits."""
    assert_bit_equal(compare_named(ours, theirs))
