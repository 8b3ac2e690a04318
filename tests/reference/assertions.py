"""What is asserted of a check of parity: it compared something, and every bit was the same."""

from collections.abc import Iterable, Mapping

from torch import Tensor

from parity.core.compare import Comparison, compare
from parity.core.tolerance import BIT_FOR_BIT
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
    assert ours.keys() == theirs.keys()
    assert_bit_equal(compare(name, ours[name], theirs[name], BIT_FOR_BIT) for name in theirs)
