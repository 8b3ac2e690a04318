"""The best evaluation is kept, and waiting for a better one ends."""

import pytest

from scratch_bert.training.run.early_stopping import Best


@pytest.mark.parametrize(
    ("found", "kept", "over"),
    [
        ([], [], False),
        ([0.1], [1], False),
        ([0.1, 0.2, 0.2], [1, 2], False),  # as good is not better
        ([0.1, 0.2, 0.2, 0.1], [1, 2], True),
        ([0.3, 0.2, 0.4, 0.1], [1, 3], False),
    ],
)
def test_patience_of_two(found, kept, over):
    saved, evaluations = [], []
    best = Best("f1", 2, lambda: saved.append(len(evaluations)))
    for each in found:
        evaluations.append({"f1": each, "loss": -each})
        best.note(evaluations)
    assert (saved, best.over(evaluations)) == (kept, over)
