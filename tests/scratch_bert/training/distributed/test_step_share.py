"""What a step's objective is to one of several processes."""

from tests.scratch_bert.training.distributed.test_processes import distance, model_of, trained

ROUNDING = 1e-6  # sums in another order differ by 7e-8; gradients that are added twice, by 3e-3


def test_gradients_are_added_once_in_a_step_of_several_batches(tmp_path):
    options = {"batch_size": 2, "accumulation": 4, "steps": 2, "preset": "original", "warmup": 0}
    for number, name in enumerate(("one", "two"), 1):
        assert trained(tmp_path / name, number, **options) == [0] * number
    one, two = (model_of(tmp_path / name, **options) for name in ("one", "two"))
    assert distance(one, two) <= ROUNDING
