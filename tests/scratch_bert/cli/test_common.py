"""How a command line ends, and which texts it takes."""

import pytest
import typer

from scratch_bert.cli.common import check_texts, run


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


def test_texts():
    check_texts(["a", "b"], [])
    check_texts(["a", "b"], ["c", ""])
    with pytest.raises(typer.BadParameter, match="give 2, one per TEXT"):
        check_texts(["a", "b"], ["c"])
    with pytest.raises(typer.BadParameter, match="is not UTF-8"):
        check_texts(["a"], ["\udc80"])
