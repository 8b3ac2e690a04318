"""`scratch-bert answer`: where in a text the answer to a question is."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from scratch_bert.cli import inference_options as options
from scratch_bert.cli.common import check_texts
from scratch_bert.cli.inference_output import load, object_of, print_results, table_of

if TYPE_CHECKING:
    from scratch_bert.inference.tasks.spans import Answer


def answer_command(
    checkpoint: options.Checkpoint,
    question: Annotated[
        str | None, typer.Argument(metavar="QUESTION", help="Without, the lines of stdin.")
    ] = None,
    context: Annotated[
        str | None, typer.Argument(metavar="CONTEXT", help="The text that may have the answer.")
    ] = None,
    files: options.QuestionFiles = None,
    top_k: Annotated[int, typer.Option(min=1, max=20, metavar="N", help="Answers.")] = 1,
    max_answer_length: Annotated[int, typer.Option(min=1, metavar="N", help="In tokens.")] = 30,
    max_length: Annotated[
        int,
        typer.Option(min=8, metavar="N", help="Tokens of a window; a longer context has several."),
    ] = 384,
    stride: Annotated[
        int | None,
        typer.Option(
            min=0,
            metavar="N",
            help="Tokens that windows share.",
            show_default="128, or half a window",
        ),
    ] = None,
    null_threshold: Annotated[
        float | None,
        typer.Option(
            metavar="X", help="There may be no answer, and is if its score is higher by X."
        ),
    ] = None,
    form: options.Form = None,
    attention: options.AttentionOption = options.Attention.PACKED,
    device: options.Device = "cpu",
) -> int:
    """Print the answer to a question that is found in a context, of any length.

    json: for each question a line, a list of objects: score, start, end, answer. That which is
    chosen is the first; with --null-threshold its answer may be empty, and there is none.
    """
    if question is not None and context is None:
        raise typer.BadParameter("give QUESTION and CONTEXT", param_hint="CONTEXT")
    given = [] if question is None or context is None else [(question, context)]
    check_texts([text for pair in given for text in pair], ())
    from scratch_bert.inference.tasks.question_answering import QuestionAnswering  # brings torch

    answer = load(QuestionAnswering, checkpoint, device, attention=attention)

    def task(rows: Sequence[tuple[str, str]]) -> "list[list[Answer]]":
        questions, contexts = [row[0] for row in rows], [row[1] for row in rows]
        found = answer(
            questions,
            contexts,
            max_answer_length=max_answer_length,
            max_length=max_length,
            stride=stride,
            null_threshold=null_threshold,
        )
        return [each[:top_k] for each in found]

    print_results(task, given, files, object_of("question", "context"), _table, form)
    return 0


def _table(found: "list[Answer]") -> Table:
    rows = [(f"{each.score:.4f}", each.answer, f"{each.start}:{each.end}") for each in found]
    return table_of(("score", "answer", "characters"), rows)
