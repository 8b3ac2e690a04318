"""A whole fine-tuning: rows, model, training, evaluation; all in one folder."""

import hashlib
import shutil
import warnings
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch
from rich.console import Console

from scratch_bert.errors import CheckpointError, CorpusError
from scratch_bert.files import read_object
from scratch_bert.finetuning.results.baseline import simple_scores
from scratch_bert.finetuning.results.metrics_files import write_json, write_results
from scratch_bert.finetuning.run.evaluation import said_of
from scratch_bert.finetuning.run.recipe import Recipe
from scratch_bert.finetuning.run.trimmed_vocabulary import UsedWords
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
    """Fine-tune a BERT; where it was stopped, the same call goes on.

    It ends with the parameters of HF's `Trainer`, where attention is "eager" or "sdpa".

    Args:
        output: the folder of all that is made.
        name: of the task, one of `TASKS`.
        source: what from.
        checkpoint: a folder, a hub id, or a built-in one.
        recipe: how.
        lengths: of the rows of tokens.
        keep: checkpoints that stay.
        device: where.
        tensorboard: whether curves are written for TensorBoard, too.

    Returns:
        Whether it came to its end; else it was asked to stop.

    Raises:
        CorpusError: rows cannot be used.
        CheckpointError: a checkpoint cannot be used, or written.
        TrainingError: the loss is no number any more.
        OSError: something cannot be written.
    """
    said = Console(stderr=True)
    split = read_split(name, source, recipe.seed, lambda why: said.print(why, markup=False))
    task, learnt, held_out, left_out = split
    base = Checkpoint.of(checkpoint)
    tokenizer = BertTokenizer.from_pretrained(base)
    features = task.features(learnt, tokenizer, lengths)
    asked = task.features(held_out, tokenizer, lengths)
    said.print(
        f"{len(learnt)} rows to learn from, {len(held_out)} held out"
        + (f", {left_out} left out" if left_out else "")
        + (f"; labels: {', '.join(task.labels)}" if task.labels else ""),
        highlight=False,
    )
    known = {item.key for item in learnt}
    if leaked := sum(item.key in known for item in held_out):
        said.print(f"{leaked} of the rows held out are among those to learn from", highlight=False)
    about: dict[str, Any] = {"task": name, "checkpoint": checkpoint, "attention": recipe.attention}
    about |= {"balanced": recipe.balanced, "max_length": lengths.most, "stride": lengths.stride}
    _note(output, {**about, "columns": dict(task.columns), "rows": _digest(split)})
    model = build(task, base, recipe.seed).to(device)
    objective = task.objective(recipe.attention, learnt if recipe.balanced else None)
    if lengths.most > model.config.max_position_embeddings:
        positions = model.config.max_position_embeddings
        why = f"takes {positions} tokens, and max_length is {lengths.most}"
        raise CheckpointError(f"{checkpoint}: {why}")
    if (recipe.frozen_layers or 0) > model.config.num_hidden_layers:
        layers = model.config.num_hidden_layers
        raise CheckpointError(f"{checkpoint}: has {layers} layers, not {recipe.frozen_layers}")
    torch.manual_seed(recipe.seed)
    words, taught, tested = None, features, asked
    if recipe.attention == "packed" and recipe.weight_decay == 0:
        words = UsedWords.keep(model, features, asked)
        taught, tested = words.renumbered(features), words.renumbered(asked)
    training = Training(model, taught, objective, recipe.settings(len(features)))

    def evaluated() -> dict[str, float]:
        logits, loss = said_of(model, objective, tested, device)
        return {"loss": loss, **task.scores(held_out, task.predictions(held_out, asked, logits))}

    def save(folder: Path) -> None:
        with words.all_there(model) if words else nullcontext():
            model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)

    best = None
    if recipe.patience is not None:
        best = Best(task.METRIC, recipe.patience, lambda: save(output / "best"))
    every = recipe.steps_of_epoch(len(features))
    if not watch(
        training, evaluated, output, every, keep, said, tensorboard=tensorboard, best=best
    ):
        said.print(f"stopped at step {training.step}; the same command goes on from there")
        return False
    if best is None:
        save(output / "model")
    else:
        shutil.copytree(output / "best", output / "model", dirs_exist_ok=True)
    model = task.HEAD.from_pretrained(output / "model").to(device)
    found = said_of(model, objective, asked, device)
    others: dict[str, dict[str, float]] = {}
    if isinstance(task, SequenceClassificationTask):
        others = simple_scores(split, task, base, features, asked)
    write_results(output, split, asked, found, others)
    return True


def build(task: Task, checkpoint: Checkpoint, seed: int) -> BertWithHead:
    """Load a model whose head is drawn from a seed, as HF's `from_pretrained` draws it."""
    torch.manual_seed(seed)
    with warnings.catch_warnings(action="ignore", category=UserWarning):  # that it is drawn
        return task.HEAD.from_pretrained(checkpoint, **task.config())


def _digest(split: Split) -> str:
    """Tell other rows apart."""
    return hashlib.sha256(repr((split.learnt, split.held_out)).encode()).hexdigest()


def _note(output: Path, about: dict[str, Any]) -> None:
    """Write what must not change on the way; refuse what has.

    Raises:
        CorpusError: training has begun there, with something else.
    """
    if checkpoints(output / "checkpoints"):
        was = read_object(output / _ROWS) or {}
        changed = [name for name in about if was.get(name) != about[name]]
        if changed:
            names = "; ".join(
                "there were other rows"
                if name == "rows"
                else f"{name} was {was.get(name)!r}, and is {about[name]!r} now"
                for name in changed
            )
            why = f"{output}: training has begun there, but {names}"
            raise CorpusError(f"{why}; choose another folder")
    write_json(output / _ROWS, about)
