"""`scratch-bert next-sentence`: whether a text follows another."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from scratch_bert.cli import inference_options as options
from scratch_bert.cli.common import check_texts
from scratch_bert.cli.inference_output import load, object_of, print_results, table_of

if TYPE_CHECKING:
    from scratch_bert.inference.tasks.next_sentence import NextSentence


def next_sentence_command(
    checkpoint: options.Checkpoint,
    text: Annotated[
        str | None, typer.Argument(metavar="TEXT", help="Without, the lines of stdin.")
    ] = None,
    pair: Annotated[str | None, typer.Argument(metavar="NEXT", help="What may follow it.")] = None,
    files: options.PairFiles = None,
    form: options.Form = None,
    attention: options.AttentionOption = options.Attention.PACKED,
    device: options.Device = "cpu",
) -> int:
    """Print whether a text follows another, IsNext or NotNext, and how probable that is.

    json: for each pair a line, an object: label, score. What is too long for the model is refused.
    """
    if text is not None and pair is None:
        raise typer.BadParameter("give TEXT and NEXT", param_hint="NEXT")
    given = [] if text is None or pair is None else [(text, pair)]
    check_texts([each for both in given for each in both], ())
    from scratch_bert.inference.tasks.next_sentence import NextSentencePrediction  # brings torch

    predict = load(NextSentencePrediction, checkpoint, device, attention=attention)

    def task(rows: Sequence[tuple[str, str]]) -> "list[NextSentence]":
        return predict([row[0] for row in rows], [row[1] for row in rows])

    print_results(task, given, files, object_of("text", "text_pair"), _table, form)
    return 0


def _table(told: "NextSentence") -> Table:
    return table_of(("score", "label"), [(f"{told.score:.4f}", told.label)])
