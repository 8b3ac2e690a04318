"""`scratch-bert finetune`: a task is learnt from a table, to a model that HuggingFace loads."""

import typer

from scratch_bert.cli import finetune_options as options
from scratch_bert.cli import training
from scratch_bert.cli.common import check_device, installed
from scratch_bert.finetuning.run.recipe import Recipe
from scratch_bert.finetuning.tables.source import Source
from scratch_bert.pretraining.corpus.datasets import Dataset
from scratch_bert.training.run.settings import filled
from scratch_bert.weights.builtin import MINILM

_EXTRAS = dict.fromkeys(("sklearn", "seqeval", "matplotlib", "pyarrow"), "finetuning")
_EXTRAS["tensorboard"] = "tensorboard"


def finetune_command(
    task: options.Task,
    output: training.Output,
    data: options.Data = None,
    dataset: options.Dataset = None,
    dataset_config: options.DatasetConfig = Dataset.config,
    dataset_split: options.DatasetSplit = Dataset.split,
    column: options.Column = None,
    held_out: options.HeldOut = None,
    held_out_share: options.HeldOutShare = Source.share,
    labels: options.Labels = None,
    on_error: options.OnErrorOption = training.OnError.STOP,
    checkpoint: options.Checkpoint = MINILM,
    max_length: options.MaxLength = None,
    stride: options.Stride = None,
    freeze: options.Freeze = Recipe.frozen_layers,
    epochs: options.Epochs = Recipe.epochs,
    batch_size: options.BatchSize = Recipe.batch_size,
    accumulation: training.Accumulation = Recipe.accumulation,
    learning_rate: training.LearningRate = Recipe.learning_rate,
    warmup: options.Warmup = Recipe.warmup,
    weight_decay: options.WeightDecay = Recipe.weight_decay,
    layer_decay: options.LayerDecay = Recipe.layer_decay,
    balanced: options.Balanced = Recipe.balanced,
    patience: options.Patience = Recipe.patience,
    attention: training.AttentionOption = training.Attention.PACKED,
    bf16: training.Bf16 = Recipe.bf16,
    keep: training.Keep = 1,
    seed: training.Seed = Recipe.seed,
    tensorboard: training.Tensorboard = False,
    device: training.Device = "cpu",
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
    given = locals()
    if dataset and data:
        raise typer.BadParameter("give --data or --dataset", param_hint="--dataset")
    if balanced and task not in (options.TaskName.CLASSIFY, options.TaskName.TAG):
        raise typer.BadParameter(f"{task} has no classes to weigh", param_hint="--balanced")
    with installed(_EXTRAS):
        from scratch_bert.finetuning.run.finetune import finetune
        from scratch_bert.finetuning.tasks.registry import OPTIONAL_COLUMNS, TASKS
        from scratch_bert.finetuning.tasks.task import Lengths

        if tensorboard:
            import tensorboard as _  # noqa: F401
    check_device(device)
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
        on_error is training.OnError.SKIP,
    )
    recipe = filled(Recipe, {**given, "frozen_layers": freeze, "attention": attention.value})
    lengths = Lengths(most, most // 3 if stride is None else stride)

    def train() -> bool:
        return finetune(
            output,
            task.value,
            source,
            checkpoint,
            recipe,
            lengths=lengths,
            keep=keep,
            device=device,
            tensorboard=tensorboard,
        )

    return training.exit_code(train, output)
