"""Several processes that train one model, each on its share of a step's batches.

`torchrun` starts them and torch.distributed joins them: every process has the whole model (DDP), or
a part of each parameter (FSDP2). Gradients are summed, not averaged, since a batch's loss is its
share of the whole step's already. For a process that `torchrun` has not started all of it does
nothing.
"""

import os
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor
from torch.futures import Future
from torch.nn.parallel import DistributedDataParallel

from scratch_bert.model.encoder import BertLayer
from scratch_bert.training.distributed.parallel import Parallel

_PREPARING = timedelta(days=7)  # how long others wait for the first one, which reads a corpus
_GROUPS: list[dist.ProcessGroup | None] = []  # never let go of: see `spread`


@contextmanager
def joined(device: str) -> Iterator[str]:
    """Join the processes that `torchrun` has started, if it has.

    Args:
        device: what the model is on.

    Yields:
        This process's device: of several GPUs, its own.
    """
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        yield device
        return
    if device == "cuda":
        device = f"cuda:{os.environ['LOCAL_RANK']}"
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if device.startswith("cuda") else "gloo")
    try:
        with warnings.catch_warnings():  # FSDP's, of changes in place that nobody makes here
            warnings.filterwarnings("ignore", ".* returned a view tensor", UserWarning)
            yield device
    finally:
        dist.destroy_process_group()


def number() -> int:
    """How many processes there are."""
    return dist.get_world_size() if dist.is_initialized() else 1


def own() -> int:
    """Which one this is, from 0; the first one writes what is written."""
    return dist.get_rank() if dist.is_initialized() else 0


def share(batches: int) -> tuple[range, bool]:
    """Deal a step's batches out: which are this process's, and whether it has one fewer."""
    places = range(own(), batches, number())
    return places, len(places) < len(range(0, batches, number()))


def spread(model: nn.Module, parallel: Parallel) -> nn.Module:
    """Have all processes train a model; returns what is called in its place.

    Args:
        model: the same in each. FSDP changes it where it is, so that an optimizer is made after.
        parallel: what each of them keeps.
    """
    if not dist.is_initialized():
        return model
    if parallel is Parallel.DDP:
        ddp = DistributedDataParallel(model)
        ddp.register_comm_hook(None, _summed)
        # Whoever lets go of a group last waits for gloo's threads to end, and they may be waiting
        # for Python's lock to free a tensor. DDP holds that lock meanwhile, so it must not be last.
        _GROUPS.append(dist.group.WORLD)
        return ddp
    layers = [module for module in model.modules() if isinstance(module, BertLayer)]
    for module in (*layers, model):
        # The model too: with the default, an evaluation would leave its own parameters whole, and
        # a checkpoint would then lack what the optimizer keeps of them.
        shard = fully_shard(module, reshard_after_forward=True)
        shard.set_gradient_divide_factor(1.0)
        shard.set_force_sum_reduction_for_comms(True)  # gloo knows no other
    return model


def without_sum(model: nn.Module) -> AbstractContextManager[None]:
    """While inside, gradients are summed in each process only: further batches of it follow."""
    return model.no_sync() if isinstance(model, DistributedDataParallel) else nullcontext()


def total(numbers: Tensor) -> Tensor:
    """Add up what each process has."""
    if dist.is_initialized():
        dist.all_reduce(numbers)
    return numbers


def whole(tensor: Tensor) -> Tensor:
    """Return all of a tensor of which processes have parts; all of them must ask for it."""
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def wait() -> None:
    """Wait until every process is here."""
    if dist.is_initialized():
        dist.barrier()


@contextmanager
def first_alone() -> Iterator[None]:
    """Let the first process make what the others then find made."""
    if not dist.is_initialized():
        yield
        return
    patient = dist.new_group(backend="gloo", timeout=_PREPARING)
    if own():
        dist.barrier(patient)
    yield
    if not own():
        dist.barrier(patient)


def _summed(_: None, bucket: dist.GradBucket) -> Future[Tensor]:  # type: ignore[name-defined]
    work = dist.all_reduce(bucket.buffer(), async_op=True)
    if not bucket.buffer().is_cuda:
        work.wait()  # else gloo's thread frees the lambda, and waits for Python if that is ending
    return work.get_future().then(lambda done: done.value()[0])
