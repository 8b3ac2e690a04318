"""The options of `scratch-bert pretrain`, in the order and the panels of its help."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from scratch_bert.cli import training
from scratch_bert.pretraining.corpus.datasets import Dataset
from scratch_bert.pretraining.corpus.source import Corpus
from scratch_bert.pretraining.run.model_size import ModelSize
from scratch_bert.training.distributed.parallel import Parallel
from scratch_bert.training.run.settings import Preset, Settings

_corpus = partial(typer.Option, rich_help_panel="Corpus")
_inputs = partial(typer.Option, rich_help_panel="Vocabulary and inputs")
_model = partial(typer.Option, rich_help_panel="Model")
_training = training.option


@dataclass(frozen=True)
class PretrainOptions:
    """Each field is an option, and each option is a field.

    A field that is named as one of `Corpus`, `ModelSize` or `Settings` is handed to it, some of
    them converted; its default is the one there.
    """

    output: training.Output
    corpus: Annotated[
        list[Path] | None,
        _corpus(
            metavar="PATH",
            help="A text file, a folder of them, or FILE.gz, in UTF-8; an empty line ends a "
            "document. Repeatable. Without: the prose of Python's own documentation.",
        ),
    ] = None
    whole_files: Annotated[bool, _corpus("--whole-files", help="Each file is one document.")] = (
        Corpus.whole_files
    )
    dataset: Annotated[
        str | None,
        _corpus(
            metavar="NAME",
            help="In place of --corpus, a HuggingFace dataset: a hub name, or a folder of data "
            "files or of save_to_disk. A row is a document.",
        ),
    ] = None
    dataset_config: Annotated[
        str | None, _corpus(metavar="NAME", help="Of a dataset that has several.")
    ] = Dataset.config
    dataset_split: Annotated[
        str, _corpus(metavar="SPLIT", help="Such as train, or train[:10%].")
    ] = Dataset.split
    text_column: Annotated[str, _corpus(metavar="NAME", help="Of the dataset.")] = Dataset.column
    streaming: Annotated[
        bool,
        _corpus(
            "--streaming",
            help="Read the dataset where it is, each time. Without: it is put into the library's "
            "cache once and mapped into memory.",
        ),
    ] = Dataset.streaming
    on_error: Annotated[
        training.OnError,
        _corpus(help="What a file or row that cannot be used does: it is named either way."),
    ] = training.OnError.STOP
    workers: Annotated[
        int,
        _corpus(
            min=1, metavar="N", help="Processes that prepare the corpus; any N makes the same."
        ),
    ] = 1
    vocab: Annotated[
        Path | None, _inputs(metavar="FILE", help="A vocab.txt. Without: one is learned.")
    ] = Corpus.vocab
    vocab_size: Annotated[
        int,
        _inputs(
            min=100,
            metavar="N",
            help="Pieces of the vocabulary that is learned; all characters are.",
        ),
    ] = Corpus.vocab_size
    seq_length: Annotated[int, _inputs(min=8, metavar="N", help="Tokens of an input at most.")] = (
        Corpus.seq_length
    )
    long_length: Annotated[
        int | None,
        _inputs(
            min=8,
            metavar="N",
            help="Tokens in the last tenth of the steps; the paper has 128 and then 512. Without: "
            "as many as before.",
        ),
    ] = None
    whole_word: Annotated[
        bool, _inputs("--whole-word", help="Hide all pieces of a word or none.")
    ] = Corpus.whole_word
    layers: Annotated[int, _model(min=1, metavar="N", help="Of the model.")] = ModelSize.layers
    hidden: Annotated[
        int, _model(min=64, metavar="N", help="Its width, a multiple of 64: heads have 64.")
    ] = ModelSize.hidden
    dropout: Annotated[
        float,
        _model(
            min=0, max=0.9, metavar="P", help="0.1 in the paper; in some minutes 0 learns more."
        ),
    ] = ModelSize.dropout
    mlm_only: Annotated[
        bool, _model("--mlm-only", help="Learn hidden words only, no next sentences.")
    ] = not ModelSize.next_sentence
    steps: Annotated[int, _training(min=1, metavar="N", help="Optimizer steps.")] = Settings.steps
    batch_size: Annotated[
        int, _training(min=1, metavar="N", help="Inputs that are computed together.")
    ] = Settings.batch_size
    accumulation: training.Accumulation = Settings.accumulation
    learning_rate: training.LearningRate = Settings.learning_rate
    warmup: Annotated[int, _training(min=0, metavar="N", help="Steps until it is there.")] = (
        Settings.warmup
    )
    preset: Annotated[Preset, _training(help="Whose AdamW and schedule.")] = Settings.preset
    attention: training.AttentionOption = training.Attention.PACKED
    bf16: training.Bf16 = Settings.bf16
    every: Annotated[
        int,
        _training(min=1, metavar="N", help="Steps from one evaluation and checkpoint to the next."),
    ] = 500
    keep: training.Keep = 2
    seed: training.Seed = Settings.seed
    tensorboard: training.Tensorboard = False
    device: training.Device = "cpu"
    parallel: Annotated[
        Parallel,
        _training(
            help="Of several processes, each has the whole model (ddp) or a part of it (fsdp)."
        ),
    ] = Settings.parallel
