"""Which examples a step learns from, and what its dropout is drawn from."""

import pytest
import torch

from scratch_bert.errors import CheckpointError
from scratch_bert.training.run.checkpoints import run
from scratch_bert.training.run.phases import Phase
from tests.scratch_bert.training.small import Examples, differences, training

LONGER = 20  # tokens of a padded example; there are 12 in the first phase


class Watched(Examples):
    def __init__(self, seq):
        super().__init__(seq)
        self.asked = []

    def batch(self, numbers, epoch):
        self.asked.append((epoch, *numbers))
        return super().batch(numbers, epoch)


def test_each_example_once_in_an_epoch_in_another_order():
    watched = training(steps=8, batch_size=3)
    watched.phases = [Phase(0, Watched(12))]
    assert [done.step for done in watched] == [*range(1, 9)]
    asked = watched.phases[0].examples.asked
    assert [len(numbers) for _, *numbers in asked] == [3, 3, 3, 2] * 2
    first, second = (
        [n for e, *numbers in asked if e == epoch for n in numbers] for epoch in (0, 1)
    )
    assert sorted(first) == sorted(second) == [*range(11)]
    assert first != second


@pytest.mark.sample(1)
@pytest.mark.parametrize("stop", [4, 5, 6])  # before the second phase, at its begin, after
def test_a_phase_begins_where_it_is_said(stop, tmp_path):
    later = [Phase(5, Watched(LONGER))]
    whole = training(later=later, steps=11)
    assert [done.epoch for done in whole] == [0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1]
    assert [epoch for epoch, *_ in later[0].examples.asked] == [0, 0, 0, 0, 1, 1]
    parts = training(later=later, steps=11)
    begun = [done.step for done in run(parts, tmp_path, 100, stops=lambda: parts.step == stop)]
    ended = training(9, later=later, steps=11)
    assert begun + [done.step for done in run(ended, tmp_path, 100)] == [*range(1, 12)]
    assert differences(ended, whole) == []


def test_other_phases_than_before(tmp_path):
    for _ in run(training(later=[Phase(1, Examples(LONGER))], steps=2), tmp_path, 2):
        pass
    with pytest.raises(CheckpointError, match=r"examples was \[\[0, 11\], \[1, 11\]\], and is"):
        [*run(training(steps=2), tmp_path, 2)]


@pytest.mark.parametrize("seed_each_batch", [False, True])
def test_what_dropout_is_drawn_from(seed_each_batch):
    one, other = (training(steps=2, seed_each_batch=seed_each_batch, warmup=0) for _ in range(2))
    assert len([*one]) == 2
    torch.manual_seed(99)
    assert len([*other]) == 2
    assert (differences(other, one) == []) == seed_each_batch


def test_each_batch_has_another_seed():
    begun = training()
    seeds = begun._seeds(range(3))
    begun.step = 1
    assert len({*seeds, *begun._seeds(range(3))}) == 6


def test_frozen_layers_stay_and_lower_ones_are_slow():
    frozen, whole = training(frozen_layers=0, steps=4), training(steps=4)
    before = {name: each.detach().clone() for name, each in whole.model.named_parameters()}
    slow = training(steps=2, layer_decay=0.01)
    assert [len([*each]) for each in (frozen, whole, slow)] == [4, 4, 2]
    stayed = [n for n, p in frozen.model.named_parameters() if torch.equal(p, before[n])]
    assert sorted(stayed) == sorted(name for name in before if "embeddings." in name)
    assert not any(torch.equal(p, before[n]) for n, p in whole.model.named_parameters())
    moved = {n: (p - before[n]).abs().max() for n, p in slow.model.named_parameters()}
    layer = "bert.encoder.layer.{}.attention.self.value.weight".format
    assert 0 < moved[layer(0)] < 0.1 * moved[layer(1)]
