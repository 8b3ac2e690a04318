"""Rows of like length together, results in the inputs' order, and no more held than a window."""

from hypothesis import given
from hypothesis import strategies as st

from scratch_bert.inference.run.batches import batches, stream


@given(st.lists(st.integers(1, 60)), st.integers(1, 100))
def test_batches(lengths, tokens):
    found = batches(lengths, tokens)
    assert sorted(place for batch in found for place in batch) == list(range(len(lengths)))
    in_order = [lengths[place] for batch in found for place in batch]
    assert in_order == sorted(lengths, reverse=True)
    for batch in found:
        assert len(batch) == 1 or len(batch) * lengths[batch[0]] <= tokens


def test_one_by_one():
    assert batches([3, 1, 3, 2], 1) == [[0], [2], [3], [1]]


def test_a_stream_holds_a_window():
    asked, cached = [], []

    def source():
        for i in range(10):
            asked.append(i)
            yield i

    def task(some):
        cached.append(len(some))
        return [-i for i in some]

    results = stream(task, source(), window=4)
    assert asked == []
    assert next(results) == 0
    assert asked == [0, 1, 2, 3]
    assert [0, *results] == [-i for i in range(10)]
    assert cached == [4, 4, 2]
