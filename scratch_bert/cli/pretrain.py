"""`scratch-bert pretrain`: a BERT of one's own, from text to a model that HuggingFace loads."""

import os
import sys

import typer

from scratch_bert.cli import pretrain_options as options
from scratch_bert.cli.common import INTERRUPTED, check_device, not_installed
from scratch_bert.errors import CheckpointError, CorpusError, TrainingError
from scratch_bert.training.distributed.parallel import Parallel
from scratch_bert.training.schedule import Preset

_EXTRAS = {"pyarrow": "pretraining", "tensorboard": "tensorboard"}


def pretrain_command(
    output: options.Output,
    corpus: options.Corpus = None,
    whole_files: options.WholeFiles = False,
    dataset: options.Dataset = None,
    dataset_config: options.DatasetConfig = None,
    dataset_split: options.DatasetSplit = "train",
    text_column: options.TextColumn = "text",
    streaming: options.Streaming = False,
    on_error: options.OnErrorOption = options.OnError.STOP,
    workers: options.Workers = 1,
    vocab: options.Vocab = None,
    vocab_size: options.VocabSize = 3000,
    seq_length: options.SeqLength = 64,
    long_length: options.LongLength = None,
    whole_word: options.WholeWord = False,
    layers: options.Layers = 2,
    hidden: options.Hidden = 64,
    dropout: options.Dropout = 0.0,
    mlm_only: options.MlmOnly = False,
    steps: options.Steps = 3000,
    batch_size: options.BatchSize = 32,
    accumulation: options.Accumulation = 1,
    learning_rate: options.LearningRate = 2e-3,
    warmup: options.Warmup = 200,
    preset: options.PresetOption = Preset.HUGGINGFACE,
    attention: options.AttentionOption = options.Attention.PACKED,
    bf16: options.Bf16 = False,
    every: options.Every = 500,
    keep: options.Keep = 2,
    seed: options.Seed = 0,
    tensorboard: options.Tensorboard = False,
    device: options.Device = "cpu",
    parallel: options.ParallelOption = Parallel.DDP,
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
    if dataset and (corpus or whole_files):
        why = "give --corpus, with --whole-files or without, or --dataset"
        raise typer.BadParameter(why, param_hint="--dataset")
    try:
        from scratch_bert.pretraining.corpus.datasets import Dataset
        from scratch_bert.pretraining.corpus.source import Corpus
        from scratch_bert.pretraining.run.pretrain import ModelSize, pretrain
        from scratch_bert.training.run.settings import Settings

        if tensorboard:
            import tensorboard as _  # noqa: F401
    except ModuleNotFoundError as error:
        raise not_installed(error, _EXTRAS) from None
    check_device(device)
    rows = (dataset_config, dataset_split, text_column, streaming)
    source = Corpus(
        corpus or (),
        whole_files,
        vocab,
        vocab_size,
        seq_length,
        whole_word,
        seed,
        Dataset(dataset, *rows) if dataset else None,
    )
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
            ModelSize(layers, hidden, dropout, next_sentence=not mlm_only),
            settings,
            long_length=long_length,
            attention=attention,
            skips=on_error is options.OnError.SKIP,
            workers=workers,
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
