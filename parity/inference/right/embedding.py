"""A vector for each text, in plain code: what sentence-transformers makes of HF's model."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from parity.inference.right.machine import ALONE, Machine, Reading, Row, Seen


def last_layer(seen: Seen) -> Tensor:
    """Return what the last layer makes of a row, padding included: (seq, hidden)."""
    return seen.output["last_hidden_state"]


def mean(states: Tensor, seen: Seen) -> Tensor:
    """Return the mean of a row's tokens, [CLS] and [SEP] among them."""
    return states[seen.place].mean(0)


def of_cls(states: Tensor, _: Seen) -> Tensor:
    """Return the first token's."""
    return states[0]


def normalized(vector: Tensor) -> Tensor:
    """Make it one of length 1."""
    return F.normalize(vector, dim=-1)


def of_sentences(machine: Machine) -> int:
    """Return how many tokens of a text count, as sentence_bert_config.json says."""
    settings = json.loads(
        (machine.folder / "sentence_bert_config.json").read_text(encoding="utf-8")
    )
    return min(settings["max_seq_length"], machine.config.max_position_embeddings)


def cut(machine: Machine, texts: Sequence[str], longest: int) -> list[Row]:
    """Tokenize; what is too long keeps its [SEP]."""
    return machine.encode(texts, truncation=True, max_length=longest)


def by_itself(states: Tensor) -> Tensor:
    """Leave the tokens' vectors as they are."""
    return states


@dataclass(frozen=True)
class Embedding:
    """How to embed, by default as sentence-transformers does.

    Attributes:
        reading: how rows are given to the model.
        longest: how many tokens of a text count.
        rows: of texts, given that.
        layer: which vectors are pooled.
        token: what becomes of each first.
        mean: the pooling of that name.
        cls: likewise.
        normalizes: whether vectors are made ones of length 1, given whether they are to be.
        normalized: how.
    """

    reading: Reading = ALONE
    longest: Callable[[Machine], int] = of_sentences
    rows: Callable[[Machine, Sequence[str], int], list[Row]] = cut
    layer: Callable[[Seen], Tensor] = last_layer
    token: Callable[[Tensor], Tensor] = by_itself
    mean: Callable[[Tensor, Seen], Tensor] = mean
    cls: Callable[[Tensor, Seen], Tensor] = of_cls
    normalizes: Callable[[bool], bool] = bool
    normalized: Callable[[Tensor], Tensor] = normalized


def embed(
    machine: Machine,
    recipe: Embedding,
    texts: Sequence[str],
    pooling: str,
    normalize: bool,
) -> list[list[float]]:
    """Return each text's vector."""
    rows, found = recipe.rows(machine, texts, recipe.longest(machine)), []
    for seen in machine.run(rows, recipe.reading):
        states = recipe.token(recipe.layer(seen))
        vector = {"mean": recipe.mean, "cls": recipe.cls}[pooling](states, seen)
        found.append(recipe.normalized(vector) if recipe.normalizes(normalize) else vector)
    return torch.stack(found).tolist()
