"""`scratch-bert pretrain`: a BERT of one's own, from text to a model that HuggingFace loads."""

import os

import typer

from scratch_bert.cli import pretrain_options as options
from scratch_bert.cli import training
from scratch_bert.cli.common import check_device, installed
from scratch_bert.pretraining.corpus.datasets import Dataset
from scratch_bert.pretraining.corpus.source import Corpus
from scratch_bert.pretraining.run.model_size import ModelSize
from scratch_bert.training.run.settings import Settings, filled

_EXTRAS = {"pyarrow": "pretraining", "tensorboard": "tensorboard"}


def pretrain_command(
    output: training.Output,
    corpus: options.Corpus = None,
    whole_files: options.WholeFiles = Corpus.whole_files,
    dataset: options.Dataset = None,
    dataset_config: options.DatasetConfig = Dataset.config,
    dataset_split: options.DatasetSplit = Dataset.split,
    text_column: options.TextColumn = Dataset.column,
    streaming: options.Streaming = Dataset.streaming,
    on_error: options.OnErrorOption = training.OnError.STOP,
    workers: options.Workers = 1,
    vocab: options.Vocab = Corpus.vocab,
    vocab_size: options.VocabSize = Corpus.vocab_size,
    seq_length: options.SeqLength = Corpus.seq_length,
    long_length: options.LongLength = None,
    whole_word: options.WholeWord = Corpus.whole_word,
    layers: options.Layers = ModelSize.layers,
    hidden: options.Hidden = ModelSize.hidden,
    dropout: options.Dropout = ModelSize.dropout,
    mlm_only: options.MlmOnly = not ModelSize.next_sentence,
    steps: options.Steps = Settings.steps,
    batch_size: options.BatchSize = Settings.batch_size,
    accumulation: training.Accumulation = Settings.accumulation,
    learning_rate: training.LearningRate = Settings.learning_rate,
    warmup: options.Warmup = Settings.warmup,
    preset: options.PresetOption = Settings.preset,
    attention: training.AttentionOption = training.Attention.PACKED,
    bf16: training.Bf16 = Settings.bf16,
    every: options.Every = 500,
    keep: training.Keep = 2,
    seed: training.Seed = Settings.seed,
    tensorboard: training.Tensorboard = False,
    device: training.Device = "cpu",
    parallel: options.ParallelOption = Settings.parallel,
) -> int:
    """Pretrain a BERT from scratch: hidden words, and whether a sentence follows another.

    Where it was stopped or killed, the same command goes on, and ends with the same bits. In DIR
    then are: model, which HuggingFace loads; curves.jsonl, a line for each step; checkpoints; and
    corpus, what was made of the text. One document of twenty is held out, to evaluate.

    On several processes or machines, which share DIR: torchrun --nproc-per-node N -m scratch_bert
    pretrain …, where --accumulation is at least N. Each computes its share of a step's batches.

    Exit codes: 0 done, 1 the loss is no number any more, 4 usage, 130 stopped.
    """
    given = locals()
    if hidden % 64:
        raise typer.BadParameter(f"{hidden}, expected a multiple of 64", param_hint="--hidden")
    if accumulation < (processes := int(os.environ.get("WORLD_SIZE", "1"))):
        why = f"{accumulation}, expected {processes}: a batch for each process at least"
        raise typer.BadParameter(why, param_hint="--accumulation")
    if dataset and (corpus or whole_files):
        why = "give --corpus, with --whole-files or without, or --dataset"
        raise typer.BadParameter(why, param_hint="--dataset")
    with installed(_EXTRAS):
        from scratch_bert.pretraining.run.pretrain import pretrain

        if tensorboard:
            import tensorboard as _  # noqa: F401
    check_device(device)
    rows = dataset and Dataset(dataset, dataset_config, dataset_split, text_column, streaming)
    source = filled(Corpus, {**given, "paths": corpus or (), "dataset": rows})
    size = filled(ModelSize, {**given, "next_sentence": not mlm_only})
    settings = filled(Settings, {**given, "seed_each_batch": True})

    def train() -> bool:
        return pretrain(
            output,
            source,
            size,
            settings,
            long_length=long_length,
            attention=attention,
            skips=on_error is training.OnError.SKIP,
            workers=workers,
            every=every,
            keep=keep,
            device=device,
            tensorboard=tensorboard,
        )

    return training.exit_code(train, output)
