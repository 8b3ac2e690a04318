"""A whole fine-tuning: rows, model, training, evaluation; all in one folder."""

import hashlib
import json
import warnings
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.table import Table

from scratch_bert.errors import CorpusError
from scratch_bert.files import read_object, replace
from scratch_bert.finetuning.evaluation import said_of
from scratch_bert.finetuning.plots import plot_confusion, plot_curves
from scratch_bert.finetuning.recipe import Recipe
from scratch_bert.finetuning.sequence_classification import Scored, SequenceClassification
from scratch_bert.finetuning.simple import Vector, frozen_predictions
from scratch_bert.finetuning.source import Source, Split, read_split
from scratch_bert.finetuning.task import Lengths, Task
from scratch_bert.heads import BertWithHead
from scratch_bert.model import BertModel
from scratch_bert.tokenization import BertTokenizer
from scratch_bert.training.best import Best
from scratch_bert.training.loop import Training
from scratch_bert.training.saving import checkpoints
from scratch_bert.training.watching import watch

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
    tokenizer = BertTokenizer.from_pretrained(checkpoint)
    features = task.features(learnt, tokenizer, lengths)
    asked = task.features(held_out, tokenizer, lengths)
    said.print(
        f"{len(learnt)} rows to learn from, {len(held_out)} held out"
        + (f", {left_out} left out" if left_out else "")
        + (f"; labels: {', '.join(task.labels)}" if task.labels else ""),
        highlight=False,
    )
    about: dict[str, Any] = {"task": name, "checkpoint": checkpoint, "attention": recipe.attention}
    about |= {"balanced": recipe.balanced, "max_length": lengths.most, "stride": lengths.stride}
    _note(output, {**about, "columns": dict(task.columns), "rows": _digest(split)})
    model = build(task, checkpoint, recipe.seed).to(device)
    objective = task.objective(recipe.attention, learnt if recipe.balanced else None)
    torch.manual_seed(recipe.seed)
    training = Training(model, features, objective, recipe.settings(len(features)))

    def evaluated() -> dict[str, float]:
        logits, loss = said_of(model, objective, asked, device)
        return {"loss": loss, **task.scores(held_out, task.predictions(held_out, asked, logits))}

    best = None
    if recipe.patience is not None:
        best = Best(task.METRIC, recipe.patience, lambda: model.save_pretrained(output / "best"))
    every = recipe.steps_of_epoch(len(features))
    if not watch(
        training, evaluated, output, every, keep, said, tensorboard=tensorboard, best=best
    ):
        said.print(f"stopped at step {training.step}; the same command goes on from there")
        return False
    if best is not None:
        model = task.HEAD.from_pretrained(output / "best").to(device)
    model.save_pretrained(output / "model")
    tokenizer.save_pretrained(output / "model")
    logits, loss = said_of(model, objective, asked, device)
    predictions = task.predictions(held_out, asked, logits)
    scores = {"fine-tuned": task.scores(held_out, predictions)}
    majority = task.majority(learnt, held_out)
    if majority is not None:
        scores = {"majority": task.scores(held_out, majority), **scores}
    if isinstance(task, SequenceClassification):
        scores = _simple(split, task, checkpoint, features, asked) | scores
    _write_json(output / "metrics.json", {"loss": loss, "rows": len(held_out), **scores})
    told = [task.told(*pair) for pair in zip(held_out, predictions, strict=True)]
    lines = "".join(f"{json.dumps(each, ensure_ascii=False)}\n" for each in told)
    replace(output / "predictions.jsonl", lambda place: place.write_text(lines, encoding="utf-8"))
    plot_curves(output / "curves.jsonl", task.METRIC, output / "curves.png")
    confused = task.confusion(held_out, predictions)
    if confused is not None:
        plot_confusion(*confused, output / "confusion.png")
    _show(scores, len(held_out))
    return True


def build(task: Task, checkpoint: str, seed: int) -> BertWithHead:
    """Load a model whose head is drawn from a seed, as HF's `from_pretrained` draws it."""
    torch.manual_seed(seed)
    with warnings.catch_warnings(action="ignore", category=UserWarning):  # that it is drawn
        return task.HEAD.from_pretrained(checkpoint, **task.config())


def _simple(
    split: Split, task: SequenceClassification, checkpoint: str, learnt: Any, asked: Any
) -> dict[str, dict[str, float]]:
    """What the simple classifier reaches, with each kind of vector."""
    body = BertModel.from_pretrained(checkpoint, add_pooling_layer=False)
    labels = [item.label for item in split.learnt]
    found = {}
    for vector in Vector:
        answers = frozen_predictions(body, learnt, labels, asked, vector)
        predictions = [Scored(label, 1.0) for label in answers]
        found[f"frozen, {vector}"] = task.scores(split.held_out, predictions)
    return found


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
    _write_json(output / _ROWS, about)


def _write_json(path: Path, values: dict[str, Any]) -> None:
    text = json.dumps(values, indent=1) + "\n"
    replace(path, lambda place: place.write_text(text, encoding="utf-8"))


def _show(scores: dict[str, dict[str, float]], rows: int) -> None:
    table = Table(f"{rows} rows held out", *scores["fine-tuned"], box=None, header_style="dim")
    for who, numbers in scores.items():
        table.add_row(who, *(f"{number:.3f}" for number in numbers.values()))
    Console().print(table)
