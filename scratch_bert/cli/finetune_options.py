"""The options of `scratch-bert finetune`, in the order and the panels of its help."""

from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from scratch_bert.cli import training

_rows = partial(typer.Option, rich_help_panel="Rows")
_model = partial(typer.Option, rich_help_panel="Model")
_training = training.option


class TaskName(StrEnum):
    """What is learnt."""

    CLASSIFY = "classify"
    MULTI_LABEL = "multi-label"
    REGRESS = "regress"
    TAG = "tag"
    ANSWER = "answer"
    CHOOSE = "choose"


Task = Annotated[TaskName, typer.Argument(help="What is learnt.")]
Data = Annotated[
    list[Path] | None,
    _rows(
        metavar="FILE",
        help="A table: .csv, .tsv, .jsonl, .parquet, SQuAD's .json, .conll. Repeatable. Without: "
        "examples that come with the package.",
    ),
]
Dataset = Annotated[
    str | None,
    _rows(
        metavar="NAME", help="In place of --data, a HuggingFace dataset: a hub name, or a folder."
    ),
]
DatasetConfig = Annotated[str | None, _rows(metavar="NAME", help="Of a dataset that has several.")]
DatasetSplit = Annotated[str, _rows(metavar="SPLIT", help="Such as train, or train[:10%].")]
Column = Annotated[
    list[str] | None,
    _rows(
        metavar="ROLE=NAME",
        help="What a column is called, such as label=stars or pair=hypothesis. Repeatable.",
    ),
]
HeldOut = Annotated[
    list[Path] | None,
    _rows(metavar="FILE", help="A table to evaluate on. Repeatable. Without: a share of the rows."),
]
HeldOutShare = Annotated[
    float, _rows(min=0.01, max=0.9, metavar="P", help="Of the rows, chosen by --seed.")
]
Labels = Annotated[
    str | None, _rows(metavar="A,B", help="All labels there are. Without: those of the rows.")
]
OnErrorOption = Annotated[
    training.OnError, _rows(help="What a row that cannot be used does: it is named either way.")
]
Checkpoint = Annotated[str, _model(metavar="NAME", help="A folder, a hub id, builtin:minilm, …")]
MaxLength = Annotated[
    int | None, _model(min=8, metavar="N", help="Tokens at most: 128, or 384 to answer.")
]
Stride = Annotated[
    int | None,
    _model(min=0, metavar="N", help="Tokens that windows of a long text share: a third."),
]
Freeze = Annotated[
    int | None,
    _model(min=0, metavar="N", help="The embeddings and the first N layers do not learn."),
]
Epochs = Annotated[int, _training(min=1, metavar="N", help="How often each row is seen.")]
BatchSize = Annotated[int, _training(min=1, metavar="N", help="Rows that are computed together.")]
Warmup = Annotated[
    float, _training(min=0, max=1, metavar="P", help="Share of the steps until it is there.")
]
WeightDecay = Annotated[float, _training(min=0, metavar="X", help="Not of biases and LayerNorms.")]
LayerDecay = Annotated[
    float,
    _training(min=0.01, max=1, metavar="P", help="A layer's rate, to that of the one above it."),
]
Balanced = Annotated[
    bool, _training("--balanced", help="Rare classes and tags weigh more (classify, tag).")
]
Patience = Annotated[
    int | None,
    _training(
        min=1,
        metavar="N",
        help="End after N epochs without a better one, and keep the best. The rows held out choose "
        "it, so that they flatter it. Without: the last.",
    ),
]
