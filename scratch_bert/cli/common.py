"""What both command lines do alike: start and end, and look at the texts they are given."""

import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from functools import wraps
from inspect import signature
from pathlib import Path
from typing import Any, NoReturn

import typer

USAGE, INTERRUPTED = 4, 130
# Typer brings its own copy of Click or takes the installed one, by version; this is either's.
_UsageError: type[Exception] = typer.BadParameter.__mro__[1]


class Format(StrEnum):
    """The form of a result: for people or for programs."""

    HUMAN = "human"
    JSON = "json"


def fields_as_options(command: Callable[[Any], int]) -> Callable[..., int]:
    """Make of a command, whose only parameter is a dataclass, one whose options are its fields.

    Typer reads options from a function's signature alone (fastapi/typer#154), where a command of
    thirty options has to name each again to hand it on.
    """
    (given,) = signature(command).parameters.values()

    @wraps(command)
    def called(**values: Any) -> int:
        return command(given.annotation(**values))

    called.__signature__ = signature(given.annotation)  # type: ignore[attr-defined]
    return called


def run(app: typer.Typer, name: str, arguments: Sequence[str] | None) -> NoReturn:
    """Run a command line and exit with its code.

    Args:
        app: its commands, which return their exit codes.
        name: what it is called by.
        arguments: None means those of the process.
    """
    if arguments is None and hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `parity diff | head` ends, as others do
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = app(arguments, prog_name=name, standalone_mode=False)
    except _UsageError as error:
        error.show()  # type: ignore[attr-defined]
        code = USAGE
    except (typer.Abort, KeyboardInterrupt):  # the first is what Click makes of the second
        code = INTERRUPTED
    raise SystemExit(code or 0)


def check_texts(texts: Sequence[str], pairs: Sequence[str]) -> None:
    """Refuse arguments that are no texts, or pairs without them.

    Raises:
        typer.BadParameter: there is not a second text for each, or one is not UTF-8.
    """
    if pairs and len(pairs) != len(texts):
        number = f"give {len(texts)}, one per TEXT" if texts else "give each beside a TEXT"
        raise typer.BadParameter(number, param_hint="--pair")
    for text in (*texts, *pairs):
        try:
            text.encode()
        except UnicodeEncodeError:
            raise typer.BadParameter(f"is not UTF-8: {text!r}", param_hint="TEXT") from None


@contextmanager
def refused(*kinds: type[Exception], option: str | None = None) -> Iterator[None]:
    """Turn errors of these kinds into usage errors, which name an option.

    Raises:
        typer.BadParameter: one of them was raised.
    """
    try:
        yield
    except kinds as error:
        raise typer.BadParameter(str(error), param_hint=option) from None


@contextmanager
def written(output: Path | None, option: str | None = "--output") -> Iterator[None]:
    """Turn an error of the operating system into a usage error that says what was not written.

    Args:
        output: the file; None is standard output.
        option: that names the file.

    Raises:
        typer.BadParameter: it cannot be written.
    """
    try:
        yield
    except OSError as error:
        why = f"{output or 'standard output'}: cannot be written: {error.strerror}"
        raise typer.BadParameter(why, param_hint=option) from None


@contextmanager
def installed(extras: Mapping[str, str]) -> Iterator[None]:
    """Say in a line which extra brings a module that is missing, where one does.

    Args:
        extras: module → extra of this package.

    Raises:
        typer.BadParameter: a module of an extra is missing.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        missing = str(error.name).partition(".")[0]
        if missing not in extras:
            raise
        why = f"{missing} is not installed: pip install 'scratch-bert[{extras[missing]}]'"
        raise typer.BadParameter(why) from None


def check_device(device: str) -> None:
    """Refuse a device that torch has not.

    Raises:
        typer.BadParameter: it is none of this machine's.
    """
    import torch  # which takes seconds

    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:  # the second where torch knows no CUDA
        why = f"{device}: {str(error).splitlines()[0]}"
        raise typer.BadParameter(why, param_hint="--device") from None
