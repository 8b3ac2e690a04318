"""What the tools that look inside do alike: texts in; to a terminal, or into a file."""

import codecs
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, NoReturn, TypeVar

import typer
from rich.console import Console

from scratch_bert.cli.common import check_texts, installed, refused, written
from scratch_bert.cli.common import run as run_app
from scratch_bert.cli.inference_options import Texts as Texts
from scratch_bert.cli.input_lines import InputError, stdin_texts
from scratch_bert.errors import CheckpointError, TextError
from scratch_bert.files import replace
from scratch_bert.inspection.result import Inspection, TextOrPair
from scratch_bert.weights.builtin import MINILM

C = TypeVar("C")
I = TypeVar("I", bound=Inspection)  # noqa: E741

Pair = Annotated[
    list[str] | None,
    typer.Option(metavar="TEXT", help="A second text for each TEXT, in their order."),
]
Checkpoint = Annotated[
    str, typer.Option(metavar="NAME", help="A folder, a hub id, builtin:bert-base, …")
]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", metavar="FILE", help="Write FILE.png, .svg, .html or .json instead."
    ),
]
PICTURES = (".png", ".svg")
_KINDS = (*PICTURES, ".html", ".json")
_EXTRAS = {"matplotlib": "inspection", "sklearn": "inspection", "transformers": "parity"}


def run(command: Callable[..., int], name: str, arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a tool of one command and exit with its code."""
    app = typer.Typer(
        add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="markdown"
    )
    app.command()(command)
    run_app(app, name, arguments)


def command_for_each_text(
    look: Callable[..., I], load: Callable[[str], object], about: str
) -> Callable[..., int]:
    """Make the command of a tool that looks at one text after the other.

    Args:
        look: at a text, with what is loaded as `checkpoint`.
        load: what `look` needs of a checkpoint, by its name.
        about: the help.
    """

    def command(
        texts: Texts = None,
        pair: Pair = None,
        checkpoint: Checkpoint = MINILM,
        output: Output = None,
    ) -> int:
        some = read_texts(texts, pair, output)
        return show(each(partial(look, checkpoint=use(load, checkpoint)), some), output)

    command.__doc__ = (
        f"{about}\n\nExit codes: 0 done, 4 usage or an input that cannot be used, 130 interrupted."
    )
    return command


def read_texts(
    texts: Sequence[str] | None,
    pair: Sequence[str] | None,
    output: Path | None,
    of_one: Sequence[str] = PICTURES,
) -> list[TextOrPair]:
    """Return the texts, or pairs, that were given, or without any the lines of stdin.

    Args:
        texts: were given.
        pair: a second one for each.
        output: the file that will be written.
        of_one: the kinds of files that show one text.

    Raises:
        typer.BadParameter: something cannot be used.
    """
    if output is not None and output.suffix not in _KINDS:
        why = f"{output}: expected a file's name that ends with {', '.join(_KINDS)}"
        raise typer.BadParameter(why, param_hint="--output")
    check_texts(texts or (), pair or ())
    with refused(InputError, option="TEXT"):
        found = list(texts or stdin_texts())
    if not found:
        raise typer.BadParameter("there is none, and none on standard input", param_hint="TEXT")
    if output is not None and output.suffix in of_one and len(found) > 1:
        why = f"{output} shows one text, and there are {len(found)}"
        raise typer.BadParameter(why, param_hint="--output")
    return list(zip(found, pair, strict=True)) if pair else list(found)


def use(load: Callable[[str], C], checkpoint: str) -> C:
    """Load something of a checkpoint.

    Raises:
        typer.BadParameter: it cannot be loaded.
    """
    with refused(CheckpointError, OSError, option="--checkpoint"):
        return load(checkpoint)


def each(look: Callable[[TextOrPair], I], texts: Sequence[TextOrPair]) -> Iterator[I]:
    """Look at one text after the other.

    Raises:
        TextError: one of them cannot be looked at.
    """
    for place, text in enumerate(texts):
        try:
            yield look(text)
        except TextError as error:
            raise TextError(place, error.why) from None


def _checked(found: Iterable[I]) -> Iterator[I]:
    """Say what cannot be looked at: a text, or what does not exist."""
    with refused(ValueError), refused(TextError, option="TEXT"):
        yield from found


def show(
    found: Iterable[I], output: Path | None, page: Callable[[Sequence[I]], str] | None = None
) -> int:
    """Print what was seen, one after the other, or write all of it into a file.

    Args:
        found: at least one; it may be computed on the way.
        output: the file; None is the terminal.
        page: makes HTML of it; None is a page with its pictures.

    Raises:
        typer.BadParameter: something cannot be looked at, the file cannot be written, or what draws
            it is not installed.
    """
    with installed(_EXTRAS), written(output):
        if output is None:
            console = Console(file=codecs.getwriter("utf-8")(sys.stdout.buffer))  # type: ignore[arg-type]
            for place, seen in enumerate(_checked(found)):
                if place:
                    console.print()
                console.print(seen)
        else:
            made = _file(list(_checked(found)), output.suffix, page)
            replace(output, lambda place: place.write_bytes(made))
    return 0


def _file(found: list[I], kind: str, page: Callable[[Sequence[I]], str] | None) -> bytes:
    if kind == ".json":
        objects = [seen.to_dict() for seen in found]
        whole = objects if len(objects) > 1 else objects[0]
        return f"{json.dumps(whole, ensure_ascii=False)}\n".encode()
    if kind == ".html":
        from scratch_bert.inspection.figures.page import page_of

        return (page or page_of)(found).encode()
    from scratch_bert.inspection.figures.common import render
    from scratch_bert.inspection.figures.draw import draw

    return render(draw(found[0]), kind[1:])
