"""Results of a fine-tuning on the validation set: files, pictures and a table."""

import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from scratch_bert.files import write_text
from scratch_bert.finetuning.results.plots import plot_confusion, plot_curves
from scratch_bert.finetuning.run.evaluation import EvaluationOutput
from scratch_bert.finetuning.tables.split import Split
from scratch_bert.finetuning.tasks.features import Features

FINE_TUNED, MAJORITY = "fine-tuned", "majority"
Metrics = dict[str, float]


def write_results(
    output: Path,
    split: Split,
    features: Features,
    evaluated: EvaluationOutput,
    baselines: dict[str, Metrics],
) -> None:
    """Write metrics.json, predictions.jsonl, curves.png and confusion.png, and print the metrics.

    Args:
        output: the folder, where curves.jsonl is.
        split: the task and its examples.
        features: the tokenized validation set.
        evaluated: the model's outputs for it.
        baselines: metrics of baselines by name.
    """
    task, held_out = split.task, split.held_out
    predictions = task.predictions(held_out, features, evaluated.logits)
    majority = task.majority_baseline(split.train, held_out)
    metrics = {} if majority is None else {MAJORITY: task.metrics(held_out, majority)}
    metrics |= {**baselines, FINE_TUNED: task.metrics(held_out, predictions)}
    write_json(output / "metrics.json", {"rows": len(held_out), "loss": evaluated.loss, **metrics})
    records = [task.record(*pair) for pair in zip(held_out, predictions, strict=True)]
    lines = "".join(f"{json.dumps(each, ensure_ascii=False)}\n" for each in records)
    write_text(output / "predictions.jsonl", lines)
    plot_curves(output / "curves.jsonl", task.METRIC, output / "curves.png")
    classes = task.classes(held_out, predictions)
    if classes is not None:
        plot_confusion(*classes, output / "confusion.png")
    table = Table(f"{len(held_out)} rows held out", *metrics[FINE_TUNED], box=None)
    for name, numbers in metrics.items():
        table.add_row(name, *(f"{number:.3f}" for number in numbers.values()))
    Console().print(table)


def write_json(path: Path, values: dict[str, Any]) -> None:
    """Write a file of JSON, whole or not at all."""
    write_text(path, json.dumps(values, indent=1) + "\n")
