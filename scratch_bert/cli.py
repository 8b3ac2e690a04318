"""`scratch-bert`: BERT on the command line.

Exit codes: 0 done, 4 usage or an input that cannot be used, 130 interrupted. Results go to stdout,
everything else to stderr.
"""

import signal
import sys
from collections.abc import Sequence

import typer

from scratch_bert.tokenize_command import tokenize_command

USAGE, INTERRUPTED = 4, 130
# Typer brings its own copy of Click or takes the installed one, by version; this is either's.
UsageError: type[Exception] = typer.BadParameter.__mro__[1]

app = typer.Typer(
    help="BERT from scratch.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def _scratch_bert() -> None:
    pass


app.command(name="tokenize")(tokenize_command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    if arguments is None and hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `scratch-bert … | head` ends, as others do
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        code = app(list(arguments), prog_name="scratch-bert", standalone_mode=False)
    except UsageError as error:
        error.show()  # type: ignore[attr-defined]
        code = USAGE
    except typer.Abort:  # what Click makes of Ctrl-C
        code = INTERRUPTED
    raise SystemExit(code)
