"""How several processes share a model; a name for the command line, which knows no torch."""

from enum import StrEnum


class Parallel(StrEnum):
    """What every process has.

    DDP is the whole model (torch's DistributedDataParallel). FSDP is a part of each parameter, for
    models that are larger than a device (torch's `fully_shard`, FSDP2).
    """

    DDP = "ddp"
    FSDP = "fsdp"
