"""`scratch-bert finetune`: a task is learnt from a table, to a model that HuggingFace loads."""

import sys

import typer

from scratch_bert.cli import finetune_options as options
from scratch_bert.cli.common import INTERRUPTED, not_installed
from scratch_bert.cli.pretrain_options import Attention, OnError
from scratch_bert.errors import CheckpointError, CorpusError, TrainingError

_EXTRAS = dict.fromkeys(("sklearn", "seqeval", "matplotlib", "pyarrow"), "finetuning")
_EXTRAS["tensorboard"] = "tensorboard"


def finetune_command(
    task: options.Task,
    output: options.Output,
    data: options.Data = None,
    dataset: options.Dataset = None,
    dataset_config: options.DatasetConfig = None,
    dataset_split: options.DatasetSplit = "train",
    column: options.Column = None,
    held_out: options.HeldOut = None,
    held_out_share: options.HeldOutShare = 0.2,
    labels: options.Labels = None,
    on_error: options.OnErrorOption = OnError.STOP,
    checkpoint: options.Checkpoint = "builtin:minilm",
    max_length: options.MaxLength = None,
    stride: options.Stride = None,
    freeze: options.Freeze = None,
    epochs: options.Epochs = 8,
    batch_size: options.BatchSize = 8,
    accumulation: options.Accumulation = 1,
    learning_rate: options.LearningRate = 1e-4,
    warmup: options.Warmup = 0.1,
    weight_decay: options.WeightDecay = 0.0,
    layer_decay: options.LayerDecay = 1.0,
    balanced: options.Balanced = False,
    patience: options.Patience = None,
    attention: options.AttentionOption = Attention.PACKED,
    bf16: options.Bf16 = False,
    keep: options.Keep = 1,
    seed: options.Seed = 0,
    tensorboard: options.Tensorboard = False,
    device: options.Device = "cpu",
) -> int:
    """Fine-tune a BERT: it learns a task from a table of examples.

    - classify: a text or a pair has one label. Columns: text, label, and pair if it is named.
    - multi-label: any number of labels, a list or a|b. Columns: as before.
    - regress: a number. Columns: as before.
    - tag: each word has a tag, O or B-… or I-…. Columns: tokens, tags.
    - answer: a stretch of a text answers a question. Columns: question, context, answers.
    - choose: one of several texts goes on. Columns: text, choices, label, which counts from 0.

    Where it was stopped or killed, the same command goes on, and ends with the same bits. In DIR
    then are: model, which HuggingFace loads; metrics.json; predictions.jsonl, of the rows held out;
    curves.jsonl and .png; confusion.png, where classes exclude each other; and checkpoints.

    Exit codes: 0 done, 1 the loss is no number any more, 4 usage, 130 stopped.
    """
    if dataset and data:
        raise typer.BadParameter("give --data or --dataset", param_hint="--dataset")
    if balanced and task not in (options.TaskName.CLASSIFY, options.TaskName.TAG):
        raise typer.BadParameter(f"{task} has no classes to weigh", param_hint="--balanced")
    try:
        import torch  # which takes seconds

        from scratch_bert.finetuning.run.finetune import finetune
        from scratch_bert.finetuning.run.recipe import Recipe
        from scratch_bert.finetuning.tables.split import Source
        from scratch_bert.finetuning.tasks.registry import OPTIONAL_COLUMNS, TASKS
        from scratch_bert.finetuning.tasks.task import Lengths
        from scratch_bert.pretraining.corpus.datasets import Dataset

        if tensorboard:
            import tensorboard as _  # noqa: F401
    except ModuleNotFoundError as error:
        raise not_installed(error, _EXTRAS) from None
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:  # the second where torch knows no CUDA
        why = f"{device}: {str(error).splitlines()[0]}"
        raise typer.BadParameter(why, param_hint="--device") from None
    roles = [*TASKS[task].kind.COLUMNS, *OPTIONAL_COLUMNS.get(task, ())]
    columns = dict(each.partition("=")[::2] for each in column or ())
    for role, name in columns.items():
        if role not in roles or not name:
            why = f"{role}={name}, expected ROLE=NAME, where ROLE is {', '.join(roles)}"
            raise typer.BadParameter(why, param_hint="--column")
    most = max_length or TASKS[task].tokens
    source = Source(
        data or (),
        Dataset(dataset, dataset_config, dataset_split) if dataset else None,
        held_out or (),
        held_out_share,
        columns,
        labels.split(",") if labels else (),
        on_error is OnError.SKIP,
    )
    recipe = Recipe(
        epochs=epochs,
        batch_size=batch_size,
        accumulation=accumulation,
        learning_rate=learning_rate,
        warmup=warmup,
        weight_decay=weight_decay,
        layer_decay=layer_decay,
        frozen_layers=freeze,
        bf16=bf16,
        seed=seed,
        balanced=balanced,
        patience=patience,
        attention=attention.value,
    )
    try:
        output.mkdir(parents=True, exist_ok=True)
        finished = finetune(
            output,
            task.value,
            source,
            checkpoint,
            recipe,
            lengths=Lengths(most, most // 3 if stride is None else stride),
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
