"""Several processes train as one that computes their batches one after the other."""

import os
import socket
import sys

import pytest
import torch
import torch.distributed as dist

from scratch_bert.training.distributed import processes
from scratch_bert.training.distributed.parallel import Parallel
from scratch_bert.training.run.checkpoints import checkpoints, resume, run
from scratch_bert.training.run.settings import Preset
from tests.scratch_bert.training.small import differences, in_a_fork, training

# Of eleven examples the second step has three, one batch: one of two processes has none of its own.
OPTIONS = {"steps": 5, "batch_size": 4, "accumulation": 2, "seed_each_batch": True}
ROUNDING = 5.5e-7  # facts of the reference: FSDP adds up the norm of its parts, fused AdamW theirs


def port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return str(server.getsockname()[1])


def done(do, number=1):
    """Do something in so many processes; returns the exit codes."""

    def one(rank):
        if number == 1:
            return in_a_fork(do)
        names = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": where, "WORLD_SIZE": str(number)}
        return in_a_fork(do, **names, RANK=str(rank), TORCHELASTIC_RUN_ID="test")

    where = port()
    children = [one(rank) for rank in range(number)]
    return [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]


def evaluate(begun):
    """Compute what a checkpoint is written after; it changes nothing."""
    begun.model.eval()
    with torch.no_grad():
        begun.objective.loss(begun.model, begun.phases[0].examples.batch([0], 0), (1, 1))
    begun.model.train()


def trained(folder, number=1, stop=None, **options):
    """Train in so many processes; returns the exit codes, folder has the checkpoint."""

    def train():
        with processes.joined("cpu"):
            begun = training(**{**OPTIONS, **options})
            for _ in run(begun, folder, 100, stops=lambda: begun.step == stop):
                evaluate(begun)

    return done(train, number)


def model_of(folder, **options):
    """The last checkpoint's, as one process goes on with it."""
    found = training(9, **{**OPTIONS, **options})
    resume(found, checkpoints(folder)[-1])
    return found


def distance(ours, theirs):
    other = dict(theirs.model.named_parameters())
    each = [(p - other[n]).abs().max() for n, p in ours.model.named_parameters()]
    return torch.stack(each).max().item()


@pytest.mark.sample(1)
@pytest.mark.parametrize(
    "options", [{}, {"bf16": True}, {"preset": Preset.ORIGINAL}, {"fused": False}], ids=str
)
def test_two_are_bit_for_bit_one_that_accumulates(options, tmp_path):
    assert trained(tmp_path / "one", **options) == [0]
    assert trained(tmp_path / "two", 2, **options) == [0, 0]
    assert (
        differences(model_of(tmp_path / "two", **options), model_of(tmp_path / "one", **options))
        == []
    )


@pytest.mark.slow
@pytest.mark.parametrize("fused", [False, True])
def test_parts_of_each_parameter(fused, tmp_path):
    options = {"parallel": Parallel.FSDP, "fused": fused}
    assert trained(tmp_path / "one", **options) == [0]
    assert trained(tmp_path / "two", 2, **options) == [0, 0]
    one, two = (model_of(tmp_path / name, **options) for name in ("one", "two"))
    assert distance(two, one) <= ROUNDING
    assert distance(two, training(9, **OPTIONS)) > 100 * ROUNDING


@pytest.mark.slow
@pytest.mark.parametrize("parallel", Parallel)
@pytest.mark.parametrize("after", [1, 2])
def test_stopped_in_two_goes_on_in_as_many_as_one_likes(after, parallel, tmp_path):
    options = {"parallel": parallel, "fused": False}
    assert trained(tmp_path / "whole", 2, **options) == [0, 0]
    assert trained(tmp_path / "parts", 2, stop=3, **options) == [0, 0]
    assert [each.name for each in checkpoints(tmp_path / "parts")] == ["step-3"]
    assert trained(tmp_path / "parts", after, **options) == [0] * after
    whole, parts = (model_of(tmp_path / name, **options) for name in ("whole", "parts"))
    assert distance(parts, whole) <= (ROUNDING if parallel is Parallel.FSDP else 0)


def test_each_would_drop_the_same(tmp_path, capfd):
    assert trained(tmp_path, 2, seed_each_batch=False) == [1, 1]
    assert "several processes need the setting seed_each_batch" in capfd.readouterr().err


def test_all_end_though_gloo_is_not_done():
    def leave():
        sys.setswitchinterval(1000)  # gloo's thread does not get Python's lock unless it is let go
        with processes.joined("cpu"):
            ddp = processes.spread(torch.nn.Linear(1, 1), Parallel.DDP)
            dist.all_reduce(torch.ones(10_000_000), async_op=True)
        del ddp

    assert done(leave, 2) == [0, 0]
