"""`scratch-bert classify`: which class each text is of."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from scratch_bert.cli import inference_options as options
from scratch_bert.cli.common import check_texts
from scratch_bert.cli.inference_output import load, object_of, print_results, table_of

if TYPE_CHECKING:
    from scratch_bert.inference.text_classification import Classified


def classify_command(
    checkpoint: options.Checkpoint,
    texts: options.Texts = None,
    pair: Annotated[
        list[str] | None,
        typer.Option(metavar="TEXT", help="A second text for each TEXT, in their order."),
    ] = None,
    files: options.Files = None,
    pairs: Annotated[
        bool,
        typer.Option(
            "--pairs", help="A line of FILE is an object in JSON, with text and text_pair."
        ),
    ] = False,
    top_k: Annotated[int, typer.Option(min=1, metavar="N", help="Classes of each text.")] = 1,
    truncation: Annotated[
        bool, typer.Option("--truncation", help="Cut what is too long for the model.")
    ] = False,
    form: options.Form = None,
    attention: options.AttentionOption = options.Attention.PACKED,
    device: options.Device = "cpu",
) -> int:
    """Print the most probable classes of texts, or of pairs of them.

    json: for each text a line, a list of objects: label, score.

    Without --truncation, a text that is longer than the model takes is refused.
    """
    check_texts(texts or (), pair or ())
    from scratch_bert.inference.text_classification import TextClassification  # brings torch

    classify = load(TextClassification, checkpoint, device, attention=attention)

    def task(rows: Sequence[tuple[str, str]]) -> "list[list[Classified]]":
        firsts, seconds = [row[0] for row in rows], [row[1] for row in rows]
        return classify(firsts, seconds, top_k, truncation)

    def table(found: "list[Classified]") -> Table:
        rows = [(f"{each.score:.4f}", each.label) for each in found]
        return table_of(("score", "label"), rows)

    given = list(zip(texts or (), pair or [""] * len(texts or ()), strict=True))
    parse = object_of("text", "text_pair") if pairs else lambda line: (line, "")
    print_results(task, given, files, parse, table, form)
    return 0
