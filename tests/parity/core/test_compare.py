"""Each status is reached by the input that deserves it, and by no other."""

import math
from dataclasses import replace

import pytest
import torch

from parity.core.compare import Status, bit_equal, compare, decades
from parity.report.terminal import explain

ONES = torch.ones(2, 3)


def changed(value, index=(1, 2)):
    tensor = ONES.clone()
    tensor[index] = value
    return tensor


def test_the_same_bits_match():
    row = compare("stage", ONES.clone(), ONES, allowed=0.0)
    assert row.status is Status.MATCH
    assert row.bit_equal
    assert row.max_abs == row.max_rel == 0.0
    assert row.shape == (2, 3)


@pytest.mark.parametrize(
    ("ours", "status"),
    [
        (ONES[:, :2], Status.SHAPE),
        (ONES[None], Status.SHAPE),
        (ONES.T, Status.SHAPE),
        (ONES.double(), Status.DTYPE),
        (ONES.half(), Status.DTYPE),
        (changed(1 + 2**-23), Status.VALUE),
        (changed(math.nan), Status.VALUE),
        (changed(math.inf), Status.VALUE),
        (-ONES, Status.VALUE),
    ],
)
def test_anything_else_does_not(ours, status):
    row = compare("stage", ours, ONES, allowed=0.0)
    assert row.status is status
    assert not row.passed
    assert not row.bit_equal


def test_the_largest_difference_is_measured_and_placed():
    row = compare("stage", changed(1.5), ONES * 1.0, allowed=0.0)
    assert (row.max_abs, row.max_rel, row.where) == (0.5, 0.5, (1, 2))


def test_a_difference_is_measured_in_float64():
    theirs = torch.tensor([1e8], dtype=torch.float32)
    row = compare("stage", theirs + 8, theirs, allowed=0.0)
    assert row.max_abs == 8.0


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
def test_bits_are_compared_not_numbers(dtype):
    nan, zero = torch.tensor([math.nan], dtype=dtype), torch.tensor([0.0], dtype=dtype)
    assert bit_equal(nan, nan.clone())
    assert not bit_equal(zero, -zero)
    assert bit_equal(zero.expand(3), torch.zeros(3, dtype=dtype))


@pytest.mark.parametrize("dtype", [torch.bool, torch.int64])
def test_integers_and_booleans(dtype):
    ours = torch.tensor([0, 1], dtype=dtype)
    assert compare("ids", ours, ours.clone(), 0.0).passed
    assert not compare("ids", ours.flip(0), ours, 0.0).passed


def test_nan_in_the_same_places_is_no_difference_elsewhere():
    ours, theirs = torch.tensor([math.nan, 1.0]), torch.tensor([math.nan, 1.25])
    row = compare("stage", ours, theirs, 0.0)
    assert (row.max_abs, row.where) == (0.25, (1,))


def test_a_mask_is_no_magnitude():
    lowest = torch.finfo(torch.float32).min
    row = compare("scores", torch.tensor([lowest, 3.0]), torch.tensor([lowest, 2.0]), 0.0)
    assert row.max_rel == 0.5


def test_a_tolerance_lets_small_differences_through():
    assert compare("stage", changed(1.5), ONES, allowed=0.5).status is Status.MATCH
    assert compare("stage", changed(1.5), ONES, allowed=0.49).status is Status.VALUE
    assert compare("stage", changed(math.nan), ONES, allowed=0.5).status is Status.VALUE


def test_empty_tensors_match():
    assert compare("stage", torch.ones(0, 3), torch.ones(0, 3), 0.0).passed


@pytest.mark.parametrize(
    ("ours", "message"),
    [
        (changed(1.5), "stage: VALUE, max abs diff 5.0e-01 at (1, 2), allowed 0"),
        (ONES[:1], "stage: SHAPE, ours is (1, 3), theirs (2, 3)"),
        (ONES.double(), "stage: DTYPE, ours is torch.float64, theirs torch.float32"),
    ],
)
def test_wording(ours, message):
    assert explain(compare("stage", ours, ONES, 0.0)) == message


def test_differences_are_counted_by_decades_where_that_is_asked():
    theirs = torch.zeros(7, dtype=torch.float64)
    ours = torch.tensor([0, 1e-9, -9.9e-9, 1e-8, 3.0, math.inf, math.nan], dtype=torch.float64)
    row = compare("stage", ours, theirs, 1e-11, histogram=True)
    assert row.histogram == {"0": 1, "1e-09": 2, "1e-08": 1, "1e+00": 1, "inf": 2}
    assert [*row.histogram] == ["0", "1e-09", "1e-08", "1e+00", "inf"]
    assert compare("stage", ours, theirs, 1e-11).histogram == {}
    assert compare("stage", theirs, theirs, 1e-11, histogram=True).histogram == {}


def test_every_power_of_ten_begins_its_decade():
    powers = [f"1e{power:+03d}" for power in range(-323, 309)]
    assert [*decades(torch.tensor([*map(float, powers)], dtype=torch.float64))] == powers


def test_counting_changes_nothing_else():
    ours, theirs = torch.randn(2, 40, dtype=torch.float64)
    counted = compare("stage", ours, theirs, 1e-11, histogram=True)
    assert sum(counted.histogram.values()) == 40
    assert replace(counted, histogram={}) == compare("stage", ours, theirs, 1e-11)
