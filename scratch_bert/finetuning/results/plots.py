"""Plots of a training: curves and a confusion matrix."""

import json
from collections.abc import Sequence
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from sklearn.metrics import confusion_matrix

from scratch_bert.files import replace

_HELD_OUT = "held_out_"


def plot_curves(lines: Path, metric: str, path: Path) -> None:
    """Plot the training loss, and loss and metric on the validation set.

    Args:
        lines: curves.jsonl.
        metric: its name in the file, without "held_out_".
        path: the PNG file.
    """
    steps = [json.loads(line) for line in lines.read_text(encoding="utf-8").splitlines()]
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    losses = figure.add_subplot()
    losses.plot([s["step"] for s in steps], [s["loss"] for s in steps], alpha=0.5, label="loss")
    evaluated = [step for step in steps if f"{_HELD_OUT}loss" in step]
    at = [step["step"] for step in evaluated]
    losses.plot(at, [s[f"{_HELD_OUT}loss"] for s in evaluated], "o-", label="held out: loss")
    losses.set(xlabel="step", ylabel="loss", ylim=(0, None))
    scores = losses.twinx()
    values = [step[_HELD_OUT + metric] for step in evaluated]
    scores.plot(at, values, "s--", color="tab:green", label=f"held out: {metric}")
    scores.set_ylabel(metric)
    figure.legend(loc="outside upper center", ncols=3)
    _write(figure, path)


def plot_confusion(true: Sequence[str], predicted: Sequence[str], path: Path) -> None:
    """Plot how often each class was predicted for each class."""
    labels = sorted({*true, *predicted})
    counts = confusion_matrix(true, predicted, labels=labels)
    size = 2.5 + 0.6 * len(labels)
    figure = Figure(figsize=(size + 0.5, size), layout="constrained")
    axes = figure.add_subplot()
    axes.imshow(counts, cmap="Blues")
    for row, numbers in enumerate(counts):
        for column, number in enumerate(numbers):
            color = "white" if number > counts.max() / 2 else "black"
            axes.text(column, row, str(number), ha="center", va="center", color=color)
    places = range(len(labels))
    axes.set_xticks(places, labels, rotation=45, ha="right")
    axes.set_yticks(places, labels)
    axes.set(xlabel="answer", ylabel="right")
    _write(figure, path)


def _write(figure: Figure, path: Path) -> None:
    FigureCanvasAgg(figure)
    replace(path, lambda place: figure.savefig(place, format="png", dpi=120))
