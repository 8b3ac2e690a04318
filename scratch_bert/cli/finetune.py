"""`scratch-bert finetune`: a task is learned from a table, to a model that HuggingFace loads."""

from collections.abc import Sequence

import typer

from scratch_bert.cli import training
from scratch_bert.cli.common import check_device, fields_as_options, installed
from scratch_bert.cli.finetune_options import FinetuneOptions, TaskName
from scratch_bert.finetuning.run.recipe import Recipe
from scratch_bert.finetuning.tables.source import Source
from scratch_bert.pretraining.corpus.datasets import Dataset
from scratch_bert.training.run.settings import filled

_EXTRAS = dict.fromkeys(("sklearn", "seqeval", "matplotlib", "pyarrow"), "finetuning")
_EXTRAS["tensorboard"] = "tensorboard"


@fields_as_options
def finetune_command(options: FinetuneOptions) -> int:
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
    task = options.task
    if options.dataset and options.data:
        raise typer.BadParameter("give --data or --dataset", param_hint="--dataset")
    if options.balanced and task not in (TaskName.CLASSIFY, TaskName.TAG):
        raise typer.BadParameter(f"{task} has no classes to weigh", param_hint="--balanced")
    with installed(_EXTRAS):
        from scratch_bert.finetuning.run.finetune import finetune
        from scratch_bert.finetuning.tasks.registry import OPTIONAL_COLUMNS, TASKS
        from scratch_bert.finetuning.tasks.task import Lengths

        if options.tensorboard:
            import tensorboard as _  # noqa: F401
    check_device(options.device)
    rows = None
    if options.dataset:
        rows = Dataset(options.dataset, options.dataset_config, options.dataset_split)
    roles = [*TASKS[task].kind.COLUMNS, *OPTIONAL_COLUMNS.get(task, ())]
    changed = {
        "data": options.data or (),
        "dataset": rows,
        "held_out": options.held_out or (),
        "columns": _columns(options.column or (), roles),
        "labels": options.labels.split(",") if options.labels else (),
        "skips": options.on_error is training.OnError.SKIP,
    }
    source = filled(Source, vars(options) | changed)
    recipe = filled(Recipe, vars(options) | {"attention": options.attention.value})
    max_length = options.max_length or TASKS[task].max_length
    stride = max_length // 3 if options.stride is None else options.stride

    def train() -> bool:
        return finetune(
            options.output,
            task.value,
            source,
            options.checkpoint,
            recipe,
            lengths=Lengths(max_length, stride),
            keep=options.keep,
            device=options.device,
            tensorboard=options.tensorboard,
        )

    return training.exit_code(train, options.output)


def _columns(given: Sequence[str], roles: Sequence[str]) -> dict[str, str]:
    """Read ROLE=NAME: the role of a column → the column's name.

    Raises:
        typer.BadParameter: the task has no such role, or NAME is missing.
    """
    columns = {}
    for pair in given:
        role, _, name = pair.partition("=")
        if role not in roles or not name:
            why = f"{role}={name}, expected ROLE=NAME, where ROLE is {', '.join(roles)}"
            raise typer.BadParameter(why, param_hint="--column")
        columns[role] = name
    return columns
