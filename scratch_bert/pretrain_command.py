"""`scratch-bert pretrain`: a BERT of one's own, from text to a model that HuggingFace loads."""

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from scratch_bert.command_line import INTERRUPTED
from scratch_bert.errors import CheckpointError, CorpusError, TrainingError
from scratch_bert.training.parallel import Parallel
from scratch_bert.training.schedule import Preset


class OnError(StrEnum):
    """What to do about a file that cannot be used."""

    STOP = "stop"
    SKIP = "skip"


class Attention(StrEnum):
    """How attention is computed."""

    PACKED = "packed"
    SDPA = "sdpa"
    EAGER = "eager"


def pretrain_command(
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Where all of it goes.")
    ],
    corpus: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="PATH",
            help="A text file, a folder of them, or FILE.gz, in UTF-8; an empty line ends a "
            "document. Repeatable. Without: the prose of Python's own documentation.",
        ),
    ] = None,
    whole_files: Annotated[
        bool, typer.Option("--whole-files", help="Each file is one document.")
    ] = False,
    on_error: Annotated[
        OnError, typer.Option(help="What a file that cannot be used does: it is named either way.")
    ] = OnError.STOP,
    vocab: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A vocab.txt. Without: one is learnt.")
    ] = None,
    vocab_size: Annotated[
        int,
        typer.Option(
            min=100,
            metavar="N",
            help="Pieces of the vocabulary that is learnt; all characters are.",
        ),
    ] = 3000,
    layers: Annotated[int, typer.Option(min=1, metavar="N", help="Of the model.")] = 2,
    hidden: Annotated[
        int, typer.Option(min=64, metavar="N", help="Its width, a multiple of 64: heads have 64.")
    ] = 64,
    dropout: Annotated[
        float,
        typer.Option(
            min=0, max=0.9, metavar="P", help="0.1 in the paper; in some minutes 0 learns more."
        ),
    ] = 0.0,
    seq_length: Annotated[
        int, typer.Option(min=8, metavar="N", help="Tokens of an input at most.")
    ] = 64,
    steps: Annotated[int, typer.Option(min=1, metavar="N", help="Optimiser steps.")] = 3000,
    batch_size: Annotated[
        int, typer.Option(min=1, metavar="N", help="Inputs that are computed together.")
    ] = 32,
    accumulation: Annotated[int, typer.Option(min=1, metavar="N", help="Batches of a step.")] = 1,
    learning_rate: Annotated[float, typer.Option(min=0, metavar="X", help="At its top.")] = 2e-3,
    warmup: Annotated[int, typer.Option(min=0, metavar="N", help="Steps until it is there.")] = 200,
    preset: Annotated[Preset, typer.Option(help="Whose AdamW and schedule.")] = Preset.HUGGINGFACE,
    attention: Annotated[
        Attention, typer.Option(help="packed computes no padding.")
    ] = Attention.PACKED,
    bf16: Annotated[bool, typer.Option("--bf16", help="Matrix products in bfloat16.")] = False,
    whole_word: Annotated[
        bool, typer.Option("--whole-word", help="Hide all pieces of a word or none.")
    ] = False,
    every: Annotated[
        int,
        typer.Option(
            min=1, metavar="N", help="Steps from one evaluation and checkpoint to the next."
        ),
    ] = 500,
    keep: Annotated[int, typer.Option(min=1, metavar="N", help="Checkpoints that stay.")] = 2,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="Of all draws.")] = 0,
    tensorboard: Annotated[
        bool, typer.Option("--tensorboard", help="Write the curves for TensorBoard, too.")
    ] = False,
    device: Annotated[str, typer.Option(help="cpu, cuda, …")] = "cpu",
    parallel: Annotated[
        Parallel,
        typer.Option(
            help="Of several processes, each has the whole model (ddp) or a part of it (fsdp)."
        ),
    ] = Parallel.DDP,
) -> int:
    """Pretrain a BERT from scratch: hidden words, and whether a sentence follows another.

    Where it was stopped or killed, the same command goes on, and ends with the same bits. In DIR
    then are: model, which HuggingFace loads; curves.jsonl, a line for each step; checkpoints; and
    corpus, what was made of the text. One document of twenty is held out, to evaluate.

    On several processes or machines, which share DIR: torchrun --nproc-per-node N -m scratch_bert
    pretrain …, where --accumulation is at least N. Each computes its share of a step's batches.

    Exit codes: 0 done, 1 the loss is no number any more, 4 usage, 130 stopped.
    """
    if hidden % 64:
        raise typer.BadParameter(f"{hidden}, expected a multiple of 64", param_hint="--hidden")
    if accumulation < (processes := int(os.environ.get("WORLD_SIZE", "1"))):
        why = f"{accumulation}, expected {processes}: a batch for each process at least"
        raise typer.BadParameter(why, param_hint="--accumulation")
    try:
        import torch  # which takes seconds

        from scratch_bert.pretraining.preparation import Corpus
        from scratch_bert.pretraining.pretrain import Size, pretrain
        from scratch_bert.training.settings import Settings

        if tensorboard:
            import tensorboard as _  # noqa: F401
    except ModuleNotFoundError as error:
        if error.name not in ("pyarrow", "tensorboard"):
            raise
        extra = "pretraining" if error.name == "pyarrow" else "tensorboard"
        why = f"{error.name} is not installed: pip install 'scratch-bert[{extra}]'"
        raise typer.BadParameter(why) from None
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:  # the second where torch knows no CUDA
        why = f"{device}: {str(error).splitlines()[0]}"
        raise typer.BadParameter(why, param_hint="--device") from None
    source = Corpus(corpus or (), whole_files, vocab, vocab_size, seq_length, whole_word, seed)
    settings = Settings(
        steps=steps,
        batch_size=batch_size,
        accumulation=accumulation,
        learning_rate=learning_rate,
        warmup=warmup,
        weight_decay=0.01,
        bf16=bf16,
        preset=preset,
        seed=seed,
        seed_each_batch=True,
        parallel=parallel,
    )
    try:
        output.mkdir(parents=True, exist_ok=True)
        finished = pretrain(
            output,
            source,
            Size(layers, hidden, dropout),
            settings,
            attention=attention,
            skips=on_error is OnError.SKIP,
            every=every,
            keep=keep,
            device=device,
            tensorboard=tensorboard,
        )
    except (CorpusError, CheckpointError) as error:
        raise typer.BadParameter(str(error)) from None
    except OSError as error:
        why = f"{error.filename or output}: cannot be written: {error.strerror}"
        raise typer.BadParameter(why, param_hint="--output") from None
    except TrainingError as error:
        print(f"stopped: {error}", file=sys.stderr)
        return 1
    return 0 if finished else INTERRUPTED
