"""`scratch-bert embed`: a vector for each text."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.table import Table

from scratch_bert.cli import inference_options as options
from scratch_bert.cli.common import check_texts
from scratch_bert.cli.inference_output import as_it_is, load, print_results, table_of
from scratch_bert.weights.builtin import MINILM


class Pooling(StrEnum):
    """Of which tokens a vector is made."""

    MEAN = "mean"
    CLS = "cls"


def embed_command(
    texts: options.Texts = None,
    files: options.Files = None,
    checkpoint: options.Checkpoint = MINILM,
    pooling: Annotated[
        Pooling, typer.Option(help="The mean of all tokens, or [CLS] alone.")
    ] = Pooling.MEAN,
    normalize: Annotated[
        bool, typer.Option("--normalize/--no-normalize", help="Make each vector one of length 1.")
    ] = True,
    form: options.Form = None,
    attention: options.AttentionOption = options.Attention.PACKED,
    device: options.Device = "cpu",
) -> int:
    """Print a vector for each text; those of texts that mean the like are near each other.

    json: for each text a line, a list of numbers. What is longer than the model's max_seq_length
    is cut, as sentence-transformers does.
    """
    check_texts(texts or (), ())
    from scratch_bert.inference.tasks.sentence_embeddings import SentenceEmbeddings  # brings torch

    shape: dict[str, Any] = {"pooling": pooling.value, "normalize": normalize}
    embed = load(SentenceEmbeddings, checkpoint, device, attention=attention, **shape)

    def task(some: Sequence[str]) -> list[list[float]]:
        return embed(some).tolist()

    print_results(task, texts or (), files, as_it_is, _beginning, form)
    return 0


def _beginning(vector: list[float]) -> Table:
    shown = ", ".join(f"{number:.3f}" for number in vector[:6])
    return table_of(("numbers", "the first"), [(str(len(vector)), f"{shown}, …")])
