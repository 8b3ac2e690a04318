"""`scratch-bert`: BERT on the command line.

Exit codes: 0 done, 4 usage or an input that cannot be used, 130 interrupted. Results go to stdout,
everything else to stderr.
"""

from collections.abc import Sequence

import typer

from scratch_bert.answer_command import answer_command
from scratch_bert.build_examples_command import build_examples_command
from scratch_bert.classify_command import classify_command
from scratch_bert.command_line import run
from scratch_bert.embed_command import embed_command
from scratch_bert.fill_mask_command import fill_mask_command
from scratch_bert.finetune_command import finetune_command
from scratch_bert.next_sentence_command import next_sentence_command
from scratch_bert.pretrain_command import pretrain_command
from scratch_bert.tag_command import tag_command
from scratch_bert.tokenize_command import tokenize_command

app = typer.Typer(
    help="BERT from scratch.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)


@app.callback()
def _scratch_bert() -> None:
    pass


app.command(name="tokenize")(tokenize_command)
app.command(name="build-examples")(build_examples_command)
app.command(name="classify")(classify_command)
app.command(name="embed")(embed_command)
app.command(name="fill-mask")(fill_mask_command)
app.command(name="tag")(tag_command)
app.command(name="answer")(answer_command)
app.command(name="next-sentence")(next_sentence_command)
app.command(name="pretrain")(pretrain_command)
app.command(name="finetune")(finetune_command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    run(app, "scratch-bert", arguments)
