"""The options of `scratch-bert finetune`, in the order and the panels of its help."""

from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from scratch_bert.cli import training
from scratch_bert.finetuning.run.recipe import Recipe
from scratch_bert.finetuning.tables.source import Source
from scratch_bert.pretraining.corpus.datasets import Dataset
from scratch_bert.weights.builtin import MINILM

_rows = partial(typer.Option, rich_help_panel="Rows")
_model = partial(typer.Option, rich_help_panel="Model")
_training = training.option


class TaskName(StrEnum):
    """A fine-tuning task."""

    CLASSIFY = "classify"
    MULTI_LABEL = "multi-label"
    REGRESS = "regress"
    TAG = "tag"
    ANSWER = "answer"
    CHOOSE = "choose"


@dataclass(frozen=True)
class FinetuneOptions:
    """Each field is an option, and each option is a field.

    A field that is named as one of `Recipe` or `Source` is handed to it, some of them converted;
    its default is the one there.
    """

    task: Annotated[TaskName, typer.Argument(help="What is learned.")]
    output: training.Output
    data: Annotated[
        list[Path] | None,
        _rows(
            metavar="FILE",
            help="A table: .csv, .tsv, .jsonl, .parquet, SQuAD's .json, .conll. Repeatable. "
            "Without: examples that come with the package.",
        ),
    ] = None
    dataset: Annotated[
        str | None,
        _rows(
            metavar="NAME",
            help="In place of --data, a HuggingFace dataset: a hub name, or a folder.",
        ),
    ] = None
    dataset_config: Annotated[
        str | None, _rows(metavar="NAME", help="Of a dataset that has several.")
    ] = Dataset.config
    dataset_split: Annotated[str, _rows(metavar="SPLIT", help="Such as train, or train[:10%].")] = (
        Dataset.split
    )
    column: Annotated[
        list[str] | None,
        _rows(
            metavar="ROLE=NAME",
            help="What a column is called, such as label=stars or pair=hypothesis. Repeatable.",
        ),
    ] = None
    held_out: Annotated[
        list[Path] | None,
        _rows(
            metavar="FILE", help="A table to evaluate on. Repeatable. Without: a share of the rows."
        ),
    ] = None
    share: Annotated[
        float,
        _rows(
            "--held-out-share",
            min=0.01,
            max=0.9,
            metavar="P",
            help="Of the rows, chosen by --seed.",
        ),
    ] = Source.share
    labels: Annotated[
        str | None, _rows(metavar="A,B", help="All labels there are. Without: those of the rows.")
    ] = None
    on_error: Annotated[
        training.OnError, _rows(help="What a row that cannot be used does: it is named either way.")
    ] = training.OnError.STOP
    checkpoint: Annotated[
        str, _model(metavar="NAME", help="A folder, a hub id, builtin:minilm, …")
    ] = MINILM
    max_length: Annotated[
        int | None, _model(min=8, metavar="N", help="Tokens at most: 128, or 384 to answer.")
    ] = None
    stride: Annotated[
        int | None,
        _model(min=0, metavar="N", help="Tokens that windows of a long text share: a third."),
    ] = None
    frozen_layers: Annotated[
        int | None,
        _model(
            "--freeze",
            min=0,
            metavar="N",
            help="The embeddings and the first N layers do not learn.",
        ),
    ] = Recipe.frozen_layers
    epochs: Annotated[int, _training(min=1, metavar="N", help="How often each row is seen.")] = (
        Recipe.epochs
    )
    batch_size: Annotated[
        int, _training(min=1, metavar="N", help="Rows that are computed together.")
    ] = Recipe.batch_size
    accumulation: training.Accumulation = Recipe.accumulation
    learning_rate: training.LearningRate = Recipe.learning_rate
    warmup: Annotated[
        float, _training(min=0, max=1, metavar="P", help="Share of the steps until it is there.")
    ] = Recipe.warmup
    weight_decay: Annotated[
        float, _training(min=0, metavar="X", help="Not of biases and LayerNorms.")
    ] = Recipe.weight_decay
    layer_decay: Annotated[
        float,
        _training(
            min=0.01, max=1, metavar="P", help="A layer's rate, to that of the one above it."
        ),
    ] = Recipe.layer_decay
    balanced: Annotated[
        bool, _training("--balanced", help="Rare classes and tags weigh more (classify, tag).")
    ] = Recipe.balanced
    patience: Annotated[
        int | None,
        _training(
            min=1,
            metavar="N",
            help="End after N epochs without a better one, and keep the best. The rows held out "
            "choose it, so that they flatter it. Without: the last.",
        ),
    ] = Recipe.patience
    attention: training.AttentionOption = training.Attention.PACKED
    bf16: training.Bf16 = Recipe.bf16
    keep: training.Keep = 1
    seed: training.Seed = Recipe.seed
    tensorboard: training.Tensorboard = False
    device: training.Device = "cpu"
