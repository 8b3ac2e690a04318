"""`scratch-bert`: BERT on the command line.

Exit codes: 0 done, 4 usage or an input that cannot be used, 130 interrupted. Results go to stdout,
everything else to stderr.
"""

from collections.abc import Callable, Sequence
from inspect import cleandoc

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

_EXIT_CODES = "Exit codes: 0 done, 4 usage or an input that cannot be used, 130 interrupted."

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


def _add(command: Callable[..., int], name: str) -> None:
    """Add a command of inference, whose help ends with its exit codes."""
    app.command(name=name, help=f"{cleandoc(command.__doc__ or '')}\n\n{_EXIT_CODES}")(command)


app.command(name="tokenize")(tokenize_command)
app.command(name="build-examples")(build_examples_command)
_add(classify_command, "classify")
_add(embed_command, "embed")
_add(fill_mask_command, "fill-mask")
_add(tag_command, "tag")
_add(answer_command, "answer")
_add(next_sentence_command, "next-sentence")
app.command(name="pretrain")(pretrain_command)
app.command(name="finetune")(finetune_command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    run(app, "scratch-bert", arguments)
