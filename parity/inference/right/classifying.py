"""Which class a text is of, and whether a text follows another, in plain code."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parity.inference.right.machine import ALONE, Machine, Reading, Row

Numbers = NDArray[np.floating]
Result = dict[str, Any]


def softmax(logits: Numbers) -> Numbers:
    """Return shares of the last axis that add up to 1."""
    shifted = np.exp(logits - logits.max(-1, keepdims=True))
    return shifted / shifted.sum(-1, keepdims=True)


def sigmoid(logits: Numbers) -> Numbers:
    """Return each number's own share."""
    return 1.0 / (1.0 + np.exp(-logits))


def of_the_problem(logits: Numbers, config: Any) -> Numbers:
    """Make probabilities as config.json says: of one label, of any number, or none."""
    if config.problem_type == "regression":
        return logits
    if config.problem_type == "multi_label_classification" or config.num_labels == 1:
        return sigmoid(logits)
    return softmax(logits)


def by_id(labels: Mapping[int, str]) -> list[str]:
    """Name the logits, the first one first."""
    return [labels[i] for i in range(len(labels))]


def best_first(scores: Sequence[float]) -> list[int]:
    """Order classes by their scores, those of one score by their ids."""
    return sorted(range(len(scores)), key=lambda i: -scores[i])


def cut(results: list[Result], top_k: int | None) -> list[Result]:
    """Leave the first ones."""
    return results[:top_k]


def rows_of_both(
    machine: Machine, texts: Sequence[str], pairs: Sequence[str] | None, **options: Any
) -> list[Row]:
    """Tokenize each text with its second one; an empty one is none, as in HF's pipeline."""
    both = zip(texts, pairs or [""] * len(texts), strict=True)
    return [
        row
        for text, pair in both
        for row in machine.encode([text], [pair] if pair else None, **options)
    ]


def all_it_takes(machine: Machine) -> int:
    """Return how long a text may be."""
    return min(machine.tokenizer.model_max_length, machine.config.max_position_embeddings)


@dataclass(frozen=True)
class Classifying:
    """How to classify, by default as HF's pipeline does.

    Attributes:
        reading: how rows are given to the model.
        rows: how texts and their second ones become rows.
        longest: how long a row may be.
        truncation: which text of a pair is cut.
        scores: logits → what is told, given the config.
        names: the logits' names, given the config's labels.
        order: of the classes, given their scores.
        cut: what is left of all classes.
    """

    reading: Reading = ALONE
    rows: Callable[..., list[Row]] = rows_of_both
    longest: Callable[[Machine], int] = all_it_takes
    truncation: str = "longest_first"
    scores: Callable[[Numbers, Any], Numbers] = of_the_problem
    names: Callable[[Mapping[int, str]], list[str]] = by_id
    order: Callable[[Sequence[float]], list[int]] = best_first
    cut: Callable[[list[Result], int | None], list[Result]] = cut


def classify(
    machine: Machine,
    recipe: Classifying,
    texts: Sequence[str],
    pairs: Sequence[str] | None,
    top_k: int | None,
) -> list[list[Result]]:
    """Return each text's classes."""
    rows = recipe.rows(
        machine, texts, pairs, truncation=recipe.truncation, max_length=recipe.longest(machine)
    )
    found = []
    names = recipe.names(machine.config.id2label)
    for seen in machine.run(rows, recipe.reading):
        scores = recipe.scores(seen.output["logits"].numpy(), machine.config).tolist()
        every = [{"label": names[i], "score": scores[i]} for i in recipe.order(scores)]
        found.append(recipe.cut(every, top_k))
    return found


def likelier(scores: Numbers) -> Result:
    """Say which of the two it is, and how likely."""
    best = int(scores.argmax())
    return {"label": ("IsNext", "NotNext")[best], "score": float(scores[best])}


@dataclass(frozen=True)
class Following:
    """How to tell whether a text follows another.

    Attributes:
        reading: how rows are given to the model.
        rows: how both texts become a row.
        scores: logits → probabilities.
        told: of the two probabilities.
    """

    reading: Reading = ALONE
    rows: Callable[..., list[Row]] = rows_of_both
    scores: Callable[[Numbers], Numbers] = softmax
    told: Callable[[Numbers], Result] = likelier


def next_sentence(
    machine: Machine, recipe: Following, texts: Sequence[str], pairs: Sequence[str]
) -> list[Result]:
    """Tell of each text whether its second one follows it."""
    rows = recipe.rows(machine, texts, pairs)
    return [
        recipe.told(recipe.scores(seen.output["logits"].numpy()))
        for seen in machine.run(rows, recipe.reading)
    ]
