"""`scratch-bert tag`: what the tokens of texts are, and which are one entity."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.table import Table

from scratch_bert.cli import inference_options as options
from scratch_bert.cli.common import check_texts
from scratch_bert.cli.inference_output import as_it_is, load, print_results, table_of


class Aggregation(StrEnum):
    """Which tokens are one entity, and what it is."""

    NONE = "none"
    SIMPLE = "simple"
    FIRST = "first"
    AVERAGE = "average"
    MAX = "max"


def tag_command(
    checkpoint: options.Checkpoint,
    texts: options.Texts = None,
    files: options.Files = None,
    aggregation: Annotated[
        Aggregation,
        typer.Option(
            help="none: tokens. simple: neighbors of one kind. first, average, max: likewise, and "
            "a word is what its first token, their mean, or the most certain one is."
        ),
    ] = Aggregation.SIMPLE,
    form: options.Form = None,
    attention: options.AttentionOption = options.Attention.PACKED,
    device: options.Device = "cpu",
) -> int:
    """Print the entities of texts, such as names of persons; what is none, O, is left out.

    json: for each text a line, a list of objects: entity_group, score, word, start, end; of tokens
    entity, score, index, word, start, end. What is too long for the model is cut.
    """
    check_texts(texts or (), ())
    from scratch_bert.inference.tasks.token_classification import (
        TokenClassification,  # brings torch
    )

    tag = load(TokenClassification, checkpoint, device, attention=attention)

    def task(some: Sequence[str]) -> list[list[Any]]:
        return list(tag(some, aggregation.value))

    print_results(task, texts or (), files, as_it_is, _table, form)
    return 0


def _table(found: Sequence[Any]) -> Table:
    rows = [(f"{each.score:.4f}", each[0], each.word, f"{each.start}:{each.end}") for each in found]
    return table_of(("score", "entity", "word", "characters"), rows)
