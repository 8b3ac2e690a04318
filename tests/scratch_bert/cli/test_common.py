"""How a command line ends, and which texts it takes."""

from dataclasses import dataclass
from typing import Annotated

import pytest
import typer

from scratch_bert.cli.common import check_texts, fields_as_options, run


def exit_code(outcome):
    app = typer.Typer()

    @app.command()
    def command() -> int:
        if isinstance(outcome, int):
            return outcome
        raise outcome

    with pytest.raises(SystemExit) as ended:
        run(app, "name", [])
    return ended.value.code


@pytest.mark.parametrize(
    ("outcome", "code"), [(0, 0), (5, 5), (KeyboardInterrupt(), 130), (typer.BadParameter("x"), 4)]
)
def test_exit_codes(outcome, code):
    assert exit_code(outcome) == code


def test_a_mistake_of_ours_is_not_hidden():
    with pytest.raises(ZeroDivisionError):
        exit_code(ZeroDivisionError())


@dataclass
class Options:
    text: Annotated[str, typer.Argument()]
    number: Annotated[int, typer.Option("--times", min=1)] = 2


@pytest.mark.parametrize(("arguments", "code"), [([], 2), (["--times", "3"], 3)])
def test_fields_are_options(arguments, code):
    app = typer.Typer()
    app.command()(fields_as_options(_count))
    with pytest.raises(SystemExit) as ended:
        run(app, "name", ["a", *arguments])
    assert ended.value.code == code


def _count(options: Options) -> int:
    return (options.text * options.number).count("a")


def test_texts():
    check_texts(["a", "b"], [])
    check_texts(["a", "b"], ["c", ""])
    with pytest.raises(typer.BadParameter, match="give 2, one per TEXT"):
        check_texts(["a", "b"], ["c"])
    with pytest.raises(typer.BadParameter, match="is not UTF-8"):
        check_texts(["a"], ["\udc80"])
