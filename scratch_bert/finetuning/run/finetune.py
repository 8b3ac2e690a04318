"""A whole fine-tuning in one folder: rows, model, training, evaluation."""

import json
import shutil
import warnings
from contextlib import nullcontext
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from rich.console import Console

from scratch_bert.config import BertConfig
from scratch_bert.errors import CheckpointError, CorpusError
from scratch_bert.files import read_object
from scratch_bert.finetuning.results.baseline import frozen_baselines
from scratch_bert.finetuning.results.metrics_files import write_json, write_results
from scratch_bert.finetuning.run.evaluation import evaluate, held_out_metrics
from scratch_bert.finetuning.run.recipe import Recipe
from scratch_bert.finetuning.run.trimmed_vocabulary import TrimmedVocabulary
from scratch_bert.finetuning.sequence_classification import SequenceClassificationTask
from scratch_bert.finetuning.tables.source import Source
from scratch_bert.finetuning.tables.split import Split, read_split
from scratch_bert.finetuning.tasks.task import Lengths, Task
from scratch_bert.model.heads import BertWithHead
from scratch_bert.tokenization import BertTokenizer
from scratch_bert.training.loop import Training
from scratch_bert.training.run.checkpoints import checkpoints
from scratch_bert.training.run.early_stopping import Best
from scratch_bert.training.run.progress import watch
from scratch_bert.weights.checkpoints import Checkpoint

_ROWS = "rows.json"


def finetune(
    output: Path,
    name: str,
    source: Source,
    checkpoint: str,
    recipe: Recipe,
    *,
    lengths: Lengths,
    keep: int,
    device: str,
    tensorboard: bool,
) -> bool:
    """Fine-tune a BERT, or resume a fine-tuning that was stopped.

    The parameters are those of HF's `Trainer`, if attention is "eager" or "sdpa".

    Args:
        output: folder for everything that is written.
        name: name of the task in `TASKS`.
        source: training data and validation set.
        checkpoint: a folder, a hub id, or a built-in one.
        recipe: learning rate, epochs and the like.
        lengths: lengths of the rows of tokens.
        keep: number of checkpoints to keep.
        device: where the model is trained.
        tensorboard: write curves for TensorBoard, too.

    Returns:
        Whether training is complete; False if it was stopped by a signal.

    Raises:
        CorpusError: rows cannot be used.
        CheckpointError: a checkpoint cannot be used, or written.
        TrainingError: training diverged (loss is NaN or infinite).
        OSError: something cannot be written.
    """
    console = Console(stderr=True)
    split = read_split(name, source, recipe.seed, lambda why: console.print(why, markup=False))
    task, base = split.task, Checkpoint.of(checkpoint)
    tokenizer = BertTokenizer.from_pretrained(base)
    train = task.features(split.train, tokenizer, lengths)
    held_out = task.features(split.held_out, tokenizer, lengths)
    _describe(split, console)
    _check_unchanged(
        output,
        {
            "task": name,
            "checkpoint": checkpoint,
            "attention": recipe.attention,
            "balanced": recipe.balanced,
            "max_length": lengths.max_length,
            "stride": lengths.stride,
            "columns": dict(task.columns),
            # As JSON, in which the names of our classes do not stand: they may change.
            "rows": sha256(json.dumps([split.train, split.held_out]).encode()).hexdigest(),
        },
    )

    model = build(task, base, recipe.seed).to(device)
    _check_sizes(checkpoint, model.config, lengths.max_length, recipe.frozen_layers or 0)
    objective = task.objective(recipe.attention, split.train if recipe.balanced else None)
    vocabulary, train_rows, held_out_rows = None, train, held_out
    if recipe.attention == "packed" and recipe.weight_decay == 0:
        vocabulary = TrimmedVocabulary.trim(model, train, held_out)
        train_rows, held_out_rows = vocabulary.renumber(train), vocabulary.renumber(held_out)

    torch.manual_seed(recipe.seed)  # of the order of the examples and of dropout
    training = Training(model, train_rows, objective, recipe.settings(len(train)))
    metrics = partial(held_out_metrics, model, objective, held_out_rows, device, split)
    save = partial(_save, model, tokenizer, vocabulary)
    every, best = recipe.steps_of_epoch(len(train)), None
    if recipe.patience is not None:
        best = Best(task.METRIC, recipe.patience, partial(save, output / "best"))
    if not watch(
        training, metrics, output, every, keep, console, tensorboard=tensorboard, best=best
    ):
        console.print(f"stopped at step {training.step}; the same command goes on from there")
        return False
    if best is None:
        save(output / "model")
    else:
        shutil.copytree(output / "best", output / "model", dirs_exist_ok=True)

    # What is evaluated is the model that was written, with its whole vocabulary.
    model = task.HEAD.from_pretrained(output / "model").to(device)
    evaluated = evaluate(model, objective, held_out, device)
    baselines: dict[str, dict[str, float]] = {}
    if isinstance(task, SequenceClassificationTask):
        baselines = frozen_baselines(split, base, train, held_out)
    write_results(output, split, held_out, evaluated, baselines)
    return True


def build(task: Task, checkpoint: Checkpoint, seed: int) -> BertWithHead:
    """Load a model; its head is drawn from a seed, as HF's `from_pretrained` draws it."""
    torch.manual_seed(seed)
    with warnings.catch_warnings(action="ignore", category=UserWarning):  # that it is drawn
        return task.HEAD.from_pretrained(checkpoint, **task.config())


def _describe(split: Split, console: Console) -> None:
    """Print how many rows there are, and how many of them are in both parts of the split."""
    console.print(
        f"{len(split.train)} rows to learn from, {len(split.held_out)} held out"
        + (f", {split.skipped} left out" if split.skipped else "")
        + (f"; labels: {', '.join(split.task.labels)}" if split.task.labels else ""),
        highlight=False,
    )
    known = {example.key for example in split.train}
    if leaked := sum(example.key in known for example in split.held_out):
        why = f"{leaked} of the rows held out are among those to learn from"
        console.print(why, highlight=False)


def _check_unchanged(output: Path, settings: dict[str, Any]) -> None:
    """Write the settings that a resumed training must have; refuse other settings.

    Raises:
        CorpusError: training has begun in this folder with other settings.
    """
    if checkpoints(output / "checkpoints"):
        was = read_object(output / _ROWS) or {}
        changed = [
            "there were other rows"
            if name == "rows"
            else f"{name} was {was.get(name)!r}, and is {value!r} now"
            for name, value in settings.items()
            if was.get(name) != value
        ]
        if changed:
            why = f"{output}: training has begun there, but {'; '.join(changed)}"
            raise CorpusError(f"{why}; choose another folder")
    write_json(output / _ROWS, settings)


def _check_sizes(checkpoint: str, config: BertConfig, max_length: int, frozen_layers: int) -> None:
    """Refuse more positions or layers than a checkpoint has.

    Raises:
        CheckpointError: there are too few of them.
    """
    positions, layers = config.max_position_embeddings, config.num_hidden_layers
    if max_length > positions:
        why = f"takes {positions} tokens, and max_length is {max_length}"
        raise CheckpointError(f"{checkpoint}: {why}")
    if frozen_layers > layers:
        raise CheckpointError(f"{checkpoint}: has {layers} layers, not {frozen_layers}")


def _save(
    model: BertWithHead,
    tokenizer: BertTokenizer,
    vocabulary: TrimmedVocabulary | None,
    folder: Path,
) -> None:
    """Write a model with all words, and its tokenizer."""
    with vocabulary.restored(model) if vocabulary else nullcontext():
        model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
