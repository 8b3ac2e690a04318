"""`pytest --parity-candidate=file.py:NAME`: every check of a BERT as a test of its own.

pytest loads this file wherever parity is installed, so it imports nothing until it is asked to.
"""

import sys
from collections.abc import Iterator

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("parity", "is this BERT the same as HuggingFace's?")
    group.addoption(
        "--parity-candidate",
        metavar="CANDIDATE",
        help="path/to/file.py:NAME or package.module:NAME; each of its checks becomes a test",
    )
    group.addoption(
        "--parity-checkpoint",
        metavar="CHECKPOINT",
        help="a folder, a hub id or a built-in one; builtin:adversarial where it is not given",
    )


@pytest.hookimpl(tryfirst=True)  # so that -k chooses among these tests as well
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Put the checks before the other tests."""
    if candidate := config.getoption("--parity-candidate"):
        from parity.testing.checks import items_for

        items[:0] = items_for(session, candidate, config.getoption("--parity-checkpoint"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Hand on what a check measured, which --junitxml writes down."""
    try:
        yield
    finally:
        check = getattr(item, "callspec", item)
        check = getattr(check, "params", {}).get("check", getattr(item, "check", None))
        item.user_properties.extend(getattr(check, "measured", {}).items())


def pytest_unconfigure() -> None:
    """End the candidates' processes, if there are any."""
    if "parity.testing.checks" in sys.modules:
        from parity.testing.checks import end

        end()
