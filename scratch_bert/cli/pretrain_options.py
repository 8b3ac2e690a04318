"""The options of `scratch-bert pretrain`, in the order and the panels of its help."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from scratch_bert.cli import training
from scratch_bert.training.distributed.parallel import Parallel
from scratch_bert.training.schedule import Preset

_corpus = partial(typer.Option, rich_help_panel="Corpus")
_inputs = partial(typer.Option, rich_help_panel="Vocabulary and inputs")
_model = partial(typer.Option, rich_help_panel="Model")
_training = training.option


Corpus = Annotated[
    list[Path] | None,
    _corpus(
        metavar="PATH",
        help="A text file, a folder of them, or FILE.gz, in UTF-8; an empty line ends a "
        "document. Repeatable. Without: the prose of Python's own documentation.",
    ),
]
WholeFiles = Annotated[bool, _corpus("--whole-files", help="Each file is one document.")]
Dataset = Annotated[
    str | None,
    _corpus(
        metavar="NAME",
        help="In place of --corpus, a HuggingFace dataset: a hub name, or a folder of data "
        "files or of save_to_disk. A row is a document.",
    ),
]
DatasetConfig = Annotated[
    str | None, _corpus(metavar="NAME", help="Of a dataset that has several.")
]
DatasetSplit = Annotated[str, _corpus(metavar="SPLIT", help="Such as train, or train[:10%].")]
TextColumn = Annotated[str, _corpus(metavar="NAME", help="Of the dataset.")]
Streaming = Annotated[
    bool,
    _corpus(
        "--streaming",
        help="Read the dataset where it is, each time. Without: it is put into the library's "
        "cache once and mapped into memory.",
    ),
]
OnErrorOption = Annotated[
    training.OnError,
    _corpus(help="What a file or row that cannot be used does: it is named either way."),
]
Workers = Annotated[
    int,
    _corpus(min=1, metavar="N", help="Processes that prepare the corpus; any N makes the same."),
]
Vocab = Annotated[Path | None, _inputs(metavar="FILE", help="A vocab.txt. Without: one is learnt.")]
VocabSize = Annotated[
    int,
    _inputs(
        min=100, metavar="N", help="Pieces of the vocabulary that is learnt; all characters are."
    ),
]
SeqLength = Annotated[int, _inputs(min=8, metavar="N", help="Tokens of an input at most.")]
LongLength = Annotated[
    int | None,
    _inputs(
        min=8,
        metavar="N",
        help="Tokens in the last tenth of the steps; the paper has 128 and then 512. Without: "
        "as many as before.",
    ),
]
WholeWord = Annotated[bool, _inputs("--whole-word", help="Hide all pieces of a word or none.")]
Layers = Annotated[int, _model(min=1, metavar="N", help="Of the model.")]
Hidden = Annotated[
    int, _model(min=64, metavar="N", help="Its width, a multiple of 64: heads have 64.")
]
Dropout = Annotated[
    float,
    _model(min=0, max=0.9, metavar="P", help="0.1 in the paper; in some minutes 0 learns more."),
]
MlmOnly = Annotated[bool, _model("--mlm-only", help="Learn hidden words only, no next sentences.")]
Steps = Annotated[int, _training(min=1, metavar="N", help="Optimiser steps.")]
BatchSize = Annotated[int, _training(min=1, metavar="N", help="Inputs that are computed together.")]
Warmup = Annotated[int, _training(min=0, metavar="N", help="Steps until it is there.")]
PresetOption = Annotated[Preset, _training(help="Whose AdamW and schedule.")]
Every = Annotated[
    int, _training(min=1, metavar="N", help="Steps from one evaluation and checkpoint to the next.")
]
ParallelOption = Annotated[
    Parallel,
    _training(help="Of several processes, each has the whole model (ddp) or a part of it (fsdp)."),
]
