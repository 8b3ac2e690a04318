"""A stream runs only when asked, holds one tensor, and draws as if it were alone."""

import threading

import pytest
import torch

from parity.core.lockstep import stream


def test_a_stream_runs_only_when_asked():
    made = []

    def run(emit):
        for i in range(3):
            made.append(i)
            emit(str(i), torch.tensor(i))

    items = stream(run)
    assert made == []
    assert next(items)[0] == "0"
    assert made == [0]
    assert [name for name, _ in items] == ["1", "2"]


def test_a_stream_raises_what_was_raised():
    def run(emit):
        emit("first", torch.tensor(0))
        raise ArithmeticError("in the middle")

    items = stream(run)
    next(items)
    with pytest.raises(ArithmeticError, match="in the middle"):
        next(items)


def test_an_abandoned_stream_ends_its_thread():
    def run(emit):
        while True:
            emit("again", torch.tensor(0))

    before = threading.active_count()
    items = stream(run)
    next(items)
    items.close()
    assert threading.active_count() == before


@pytest.mark.parametrize("enabled", [True, False])
def test_a_stream_computes_gradients_as_its_caller_does(enabled):
    def run(emit):
        emit("x", torch.ones(1, requires_grad=True) * 2)

    with torch.set_grad_enabled(enabled):
        ((_, tensor),) = stream(run)
    assert tensor.requires_grad is enabled


def test_streams_draw_random_numbers_as_if_each_were_alone():
    def run(emit):
        for name in "abc":
            emit(name, torch.rand(2))

    torch.manual_seed(3)
    alone = [tensor for _, tensor in stream(run)]
    before = torch.get_rng_state()
    torch.manual_seed(3)
    for expected, (_, once), (_, again) in zip(alone, stream(run), stream(run), strict=True):
        assert torch.equal(once, expected)
        assert torch.equal(again, expected)
    assert torch.equal(before, torch.get_rng_state())  # and the caller's numbers are its own
