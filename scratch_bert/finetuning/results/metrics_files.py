"""What a fine-tuning came to, on the rows that were held out: files, pictures and a table."""

import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from scratch_bert.files import write_text
from scratch_bert.finetuning.results.plots import plot_confusion, plot_curves
from scratch_bert.finetuning.run.evaluation import Said
from scratch_bert.finetuning.tables.split import Split
from scratch_bert.finetuning.tasks.features import Features

FINE_TUNED, MAJORITY = "fine-tuned", "majority"
Scores = dict[str, float]


def write_results(
    output: Path, split: Split, asked: Features, said: Said, others: dict[str, Scores]
) -> None:
    """Write metrics.json, predictions.jsonl, curves.png and confusion.png, and print the metrics.

    Args:
        output: the folder, where curves.jsonl is.
        split: the task and its rows.
        asked: those held out, tokenised.
        said: what the model says of them.
        others: what others reach, by name.
    """
    task, held_out = split.task, split.held_out
    predictions = task.predictions(held_out, asked, said.logits)
    scores = {}
    majority = task.majority(split.learnt, held_out)
    if majority is not None:
        scores[MAJORITY] = task.scores(held_out, majority)
    scores = {**scores, **others, FINE_TUNED: task.scores(held_out, predictions)}
    write_json(output / "metrics.json", {"rows": len(held_out), "loss": said.loss, **scores})
    told = [task.told(*pair) for pair in zip(held_out, predictions, strict=True)]
    lines = "".join(f"{json.dumps(each, ensure_ascii=False)}\n" for each in told)
    write_text(output / "predictions.jsonl", lines)
    plot_curves(output / "curves.jsonl", task.METRIC, output / "curves.png")
    confused = task.confusion(held_out, predictions)
    if confused is not None:
        plot_confusion(*confused, output / "confusion.png")
    table = Table(f"{len(held_out)} rows held out", *scores[FINE_TUNED], box=None)
    for who, numbers in scores.items():
        table.add_row(who, *(f"{number:.3f}" for number in numbers.values()))
    Console().print(table)


def write_json(path: Path, values: dict[str, Any]) -> None:
    """Write a file of JSON, whole or not at all."""
    write_text(path, json.dumps(values, indent=1) + "\n")
