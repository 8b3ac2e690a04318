"""Assertions over named tensors; each failure names stage, difference and place."""

from collections.abc import Mapping

from torch import Tensor, nn

from parity.compare import compare
from parity.report.terminal import explain
from parity.tolerance import BIT_FOR_BIT


def assert_bit_equal(ours: Mapping[str, Tensor], theirs: Mapping[str, Tensor]) -> None:
    """Every tensor on either side is on both, and every bit of it is the same."""
    assert theirs, "nothing to compare"
    assert set(ours) == set(theirs), set(ours) ^ set(theirs)
    rows = [compare(name, ours[name], theirs[name], BIT_FOR_BIT) for name in theirs]
    failed = [explain(row) for row in rows if not row.passed]
    assert not failed, "\n".join(failed)


def gradients(model: nn.Module) -> dict[str, Tensor]:
    """The gradients a backward pass left, by parameter."""
    return {n: p.grad for n, p in model.named_parameters() if p.grad is not None}


def assert_same_gradients(ours: nn.Module, theirs: nn.Module) -> None:
    """The same parameters have gradients, and they are bit-equal."""
    assert_bit_equal(gradients(ours), gradients(theirs))
