"""A training that was stopped, at any moment, ends as if it had not been; nothing good is lost."""

import errno
import os
import random
import shutil
import signal
import time

import pytest
import torch

from scratch_bert.errors import CheckpointError, TrainingError
from scratch_bert.training.run import checkpoints as saving
from scratch_bert.training.run.checkpoints import ABOUT, checkpoints, resume, run, save
from scratch_bert.training.run.settings import Preset
from tests.scratch_bert.training.small import STEPS, differences, in_a_fork, training

KILLS = 4


@pytest.fixture(scope="module")
def whole():
    """One that was never stopped."""
    whole = training()
    whole.done = [*whole]
    return whole


def test_steps_and_epochs(whole):
    assert [done.step for done in whole.done] == list(range(1, STEPS + 1))
    assert [done.epoch for done in whole.done] == [0] * 4 + [1] * 4 + [2] * 4
    assert [done.learning_rate for done in whole.done[:4]] == pytest.approx([0, 5e-4, 1e-3, 9e-4])
    assert whole.done[0].tokens > 0


@pytest.mark.sample(3)
@pytest.mark.parametrize(
    ("options", "stop"),
    [
        ({}, 3),
        ({"fused": False}, 4),  # where an epoch ends
        ({"bf16": True}, 3),
        ({"accumulation": 2}, 3),
        ({"preset": Preset.ORIGINAL}, 4),
        ({"frozen_layers": 1, "layer_decay": 0.5}, 3),
    ],
    ids=str,
)
def test_a_stop_changes_no_bit(options, stop, tmp_path):
    options = {**options, "steps": 6}
    whole = training(**options)
    losses = [done.loss for done in whole]
    stops = iter([False] * (stop - 1) + [True])
    begun = [
        done.loss for done in run(training(**options), tmp_path, 100, stops=lambda: next(stops))
    ]
    second = training(9, **options)  # with other weights, and other draws to come
    ended = [done.loss for done in run(second, tmp_path, 100)]
    assert (len(begun), begun + ended) == (stop, losses)
    assert differences(second, whole) == []


@pytest.mark.skipif(not torch.cuda.is_available(), reason="runs where there is a GPU")
@pytest.mark.parametrize("bf16", [False, True])
def test_a_stop_changes_no_bit_on_a_gpu(bf16, tmp_path):
    options = {"steps": 6, "bf16": bf16, "device": "cuda"}
    whole = training(**options)
    losses = [done.loss for done in whole]
    begun = training(**options)
    before = [done.loss for done in run(begun, tmp_path, 100, stops=lambda: begun.step == 3)]
    second = training(9, **options)
    after = [done.loss for done in run(second, tmp_path, 100)]
    assert before + after == losses
    assert differences(second, whole) == []


def forked(folder):
    """Train in a process that can be killed."""
    return in_a_fork(lambda: [*run(training(steps=6 * KILLS), folder, every=1)])


@pytest.mark.slow
def test_killed_at_any_moment(tmp_path):
    """Checkpoints are written all the time, so that most are killed in the middle of that."""
    draws, kills = random.Random(0), 0
    assert os.waitpid(forked(tmp_path / "whole"), 0)[1] == 0
    while kills < KILLS:
        child = forked(tmp_path / "killed")
        time.sleep(draws.uniform(0.02, 0.2))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        assert status in (0, signal.SIGKILL)
        kills += status == signal.SIGKILL
        if status == 0:  # it was quicker: once more from the beginning
            shutil.rmtree(tmp_path / "killed")
    assert os.waitpid(forked(tmp_path / "killed"), 0)[1] == 0
    last = [f"step-{6 * KILLS - 1}", f"step-{6 * KILLS}"]
    assert [place.name for place in checkpoints(tmp_path / "killed")] == last
    whole, ended = (training(seed, steps=6 * KILLS) for seed in (8, 9))
    resume(whole, tmp_path / "whole" / last[1])
    resume(ended, tmp_path / "killed" / last[1])
    assert differences(ended, whole) == []
    assert differences(ended, training(3)) != []


def test_the_last_ones_stay(tmp_path):
    (tmp_path / "step-by-hand").mkdir()  # somebody else's
    for _ in run(training(), tmp_path, every=2, keep=3):
        pass
    assert [place.name for place in checkpoints(tmp_path)] == ["step-8", "step-10", "step-12"]
    assert len([*tmp_path.iterdir()]) == 4


@pytest.fixture
def two(tmp_path):
    for _ in run(training(steps=2), tmp_path, every=1):
        pass
    return tmp_path


@pytest.mark.parametrize(
    ("name", "damage", "what"),
    [
        ("model-00001-of-00001.safetensors", lambda path: path.unlink(), "is missing"),
        (
            "model-00001-of-00001.safetensors",
            lambda path: path.write_bytes(path.read_bytes()[:-1]),
            "is damaged",
        ),
        (ABOUT, lambda path: path.write_text("{"), "cannot be read"),
        (ABOUT, lambda path: path.write_text('{"sha256": {}}'), "cannot be read"),
    ],
)
def test_damage_is_named_with_the_last_good_one(name, damage, what, two):
    damage(two / "step-2" / name)
    fresh, before = training(steps=2), training(steps=2)
    with pytest.raises(CheckpointError) as told:
        [*run(fresh, two, every=1)]
    assert str(two / "step-2" / name) in str(told.value)
    assert what in str(told.value)
    assert f"the last good checkpoint is {two / 'step-1'}" in str(told.value)
    assert (fresh.step, differences(fresh, before)) == (0, [])
    shutil.rmtree(two / "step-2")
    assert [done.step for done in run(fresh, two, every=1)] == [2]


def test_other_settings_are_refused(two):
    with pytest.raises(CheckpointError, match=r"learning_rate was 0\.001, and is 0\.01 now"):
        [*run(training(steps=2, learning_rate=0.01), two, every=1)]


def test_a_full_disk(two, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    longer = training(steps=2)
    assert len([*longer]) == 2
    longer.step = 3
    monkeypatch.setattr(saving.HuggingFaceStorageWriter, "write_data", full)
    with pytest.raises(CheckpointError) as told:
        save(longer, two)
    assert "step-3: cannot be written: No space left on device" in str(told.value)
    assert f"the last good checkpoint is {two / 'step-2'}" in str(told.value)
    assert [place.name for place in checkpoints(two)] == ["step-1", "step-2"]


def test_no_number_is_no_checkpoint(tmp_path):
    diverging = training(learning_rate=1e30, warmup=0)
    with pytest.raises(TrainingError, match=r"the last good checkpoint is .*step-1; begin anew"):
        [*run(diverging, tmp_path, every=1)]
    assert [place.name for place in checkpoints(tmp_path)] == ["step-1"]
