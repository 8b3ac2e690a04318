"""What `scratch-bert pretrain` and `finetune` share: options, and how a training ends."""

import sys
from collections.abc import Callable
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from scratch_bert.cli.common import INTERRUPTED, refused
from scratch_bert.errors import CheckpointError, CorpusError, TrainingError

option = partial(typer.Option, rich_help_panel="Training")


class OnError(StrEnum):
    """What to do about a file that cannot be used."""

    STOP = "stop"
    SKIP = "skip"


class Attention(StrEnum):
    """How attention is computed."""

    PACKED = "packed"
    SDPA = "sdpa"
    EAGER = "eager"


Output = Annotated[
    Path, typer.Option("--output", "-o", metavar="DIR", help="Where all of it goes.")
]
Accumulation = Annotated[int, option(min=1, metavar="N", help="Batches of a step.")]
LearningRate = Annotated[float, option(min=0, metavar="X", help="At its top.")]
AttentionOption = Annotated[Attention, option(help="packed computes no padding.")]
Bf16 = Annotated[bool, option("--bf16", help="Matrix products in bfloat16.")]
Keep = Annotated[int, option(min=1, metavar="N", help="Checkpoints that stay.")]
Seed = Annotated[int, option(min=0, metavar="N", help="Of all draws.")]
Tensorboard = Annotated[
    bool, option("--tensorboard", help="Write the curves for TensorBoard, too.")
]
Device = Annotated[str, option(help="cpu, cuda, …")]


def exit_code(train: Callable[[], bool], output: Path) -> int:
    """Train in a folder, and return the exit code: 0 done, 1 the loss is no number, 130 stopped.

    Args:
        train: returns whether it came to its end.
        output: the folder; it is made where there is none.

    Raises:
        typer.BadParameter: the corpus or a checkpoint cannot be used, or a file not be written.
    """
    try:
        with refused(CorpusError, CheckpointError):
            output.mkdir(parents=True, exist_ok=True)
            return 0 if train() else INTERRUPTED
    except OSError as error:
        why = f"{error.filename or output}: cannot be written: {error.strerror}"
        raise typer.BadParameter(why, param_hint="--output") from None
    except TrainingError as error:
        print(f"stopped: {error}", file=sys.stderr)
        return 1
