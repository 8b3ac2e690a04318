"""What the commands of inference do alike: texts or lines in, each result out as it is there."""

import codecs
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from scratch_bert.cli.common import Format, check_device, refused, written
from scratch_bert.cli.input_lines import InputError, opened, progress, read_windows
from scratch_bert.errors import CheckpointError, TextError
from scratch_bert.terminal import visible

C = TypeVar("C")
T = TypeVar("T")
R = TypeVar("R")


def load(task: Callable[..., C], checkpoint: str, device: str, **options: Any) -> C:
    """Load a task's model.

    Raises:
        typer.BadParameter: the checkpoint cannot be used for it, or there is no such device.
    """
    check_device(device)
    with refused(CheckpointError, OSError, option="--checkpoint"):
        return task(checkpoint, device=device, **options)


def print_results(
    task: Callable[[Sequence[T]], Iterable[R]],
    texts: Sequence[T],
    files: Sequence[Path] | None,
    parse: Callable[[str], T],
    table: Callable[[R], Table],
    form: Format | None,
) -> None:
    """Print what a task says of texts, or of the lines of files, in their order.

    Args:
        task: from inputs to their results.
        texts: the inputs; without any, the lines of the files.
        files: none at all is stdin.
        parse: from a line to an input; ValueError says what is wrong with it.
        table: a result for people.
        form: None is for people on a terminal, else JSON.

    Raises:
        typer.BadParameter: an input cannot be used; what came before it has been printed.
    """
    if texts and files:
        raise typer.BadParameter("give TEXT or --file, not both", param_hint="--file")
    on_terminal = sys.stdout.isatty()
    out = sys.stdout.buffer
    write = _writer(form or (Format.HUMAN if on_terminal else Format.JSON), out, table)
    with (
        written(None, option=None),
        refused(TextError, option="TEXT"),
        refused(InputError, option="--file"),
        progress(shown=not texts and not on_terminal) as bar,
    ):
        if texts:
            for given, result in zip(texts, task(texts), strict=True):
                write(_title("", given) if len(texts) > 1 else "", result)
        else:
            for title, given, result in _of_files(task, files, parse, bar):
                write(_title(title, given), result)


def _of_files(
    task: Callable[[Sequence[T]], Iterable[R]],
    files: Sequence[Path] | None,
    parse: Callable[[str], T],
    bar: Progress,
) -> Iterator[tuple[str, T, R]]:
    for file in opened(files, bar):
        for number, lines in read_windows(file.lines, file.name, file.advance):
            inputs, wrong = _parsed(lines, parse)
            try:
                results = task(inputs)
            except TextError as error:
                inputs, wrong = inputs[: error.place], error
                results = task(inputs)
            for i, (given, result) in enumerate(zip(inputs, results, strict=True)):
                yield file.place(number + i), given, result
            if wrong is not None:
                place = f"{file.name}, line {number + wrong.place}"
                raise InputError(f"{place}: {wrong.why}")


def _parsed(lines: Sequence[str], parse: Callable[[str], T]) -> tuple[list[T], TextError | None]:
    """Parse lines up to the first that cannot be, and say why."""
    inputs: list[T] = []
    for i, line in enumerate(lines):
        try:
            inputs.append(parse(line))
        except ValueError as error:
            return inputs, TextError(i, str(error))
    return inputs, None


def _title(place: str, given: object) -> str:
    texts = given if isinstance(given, tuple) else (given,)
    return "  ".join(filter(None, [place, *map(str, texts)]))


def _writer(form: Format, out: BinaryIO, table: Callable[[R], Table]) -> Callable[[str, R], object]:
    console = Console(file=codecs.getwriter("utf-8")(out))  # type: ignore[arg-type]

    def write(title: str, result: R) -> None:
        if form is Format.JSON:
            out.write((json.dumps(_plain(result), ensure_ascii=False) + "\n").encode())
        else:
            if title:
                console.print(Text(visible(title), "dim"), soft_wrap=True)
            console.print(table(result))
        out.flush()  # who types line by line, or pipes them, sees each at once

    return write


def _plain(result: Any) -> Any:
    """Turn named tuples into objects, however deep."""
    if hasattr(result, "_asdict"):
        return {name: _plain(value) for name, value in result._asdict().items()}
    return [_plain(each) for each in result] if isinstance(result, list) else result


def table_of(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """Lay rows of text out, whatever is in them."""
    table = Table(*columns, box=None, header_style="dim")
    for row in rows:
        table.add_row(*(Text(visible(cell)) for cell in row))
    return table


def as_it_is(line: str) -> str:
    """Take a line for a text."""
    return line


def object_of(first: str, second: str) -> Callable[[str], tuple[str, str]]:
    """Return what reads a line that is an object in JSON, with a text under each of two keys.

    It raises ValueError for any other line.
    """
    expected = f"expected an object with {first} and {second}, both of them text"

    def parse(line: str) -> tuple[str, str]:
        try:
            values = json.loads(line)
        except (ValueError, RecursionError):
            raise ValueError(f"is not JSON; {expected}") from None
        if not isinstance(values, dict):
            raise ValueError(expected)
        one, other = values.get(first), values.get(second)
        if isinstance(one, str) and isinstance(other, str) and _is_unicode(one + other):
            return one, other
        raise ValueError(expected)

    return parse


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # half a character, "\\ud800"
        return False
    return True
