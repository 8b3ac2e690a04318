"""`scratch-bert`: BERT on the command line.

Exit codes: 0 done, 4 usage or an input that cannot be used, 130 interrupted. Results go to stdout,
everything else to stderr.
"""

from collections.abc import Sequence

import typer

from scratch_bert.cli.answer import answer_command
from scratch_bert.cli.build_examples import build_examples_command
from scratch_bert.cli.classify import classify_command
from scratch_bert.cli.common import run
from scratch_bert.cli.embed import embed_command
from scratch_bert.cli.fill_mask import fill_mask_command
from scratch_bert.cli.finetune import finetune_command
from scratch_bert.cli.next_sentence import next_sentence_command
from scratch_bert.cli.pretrain import pretrain_command
from scratch_bert.cli.tag import tag_command
from scratch_bert.cli.tokenize import tokenize_command

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
