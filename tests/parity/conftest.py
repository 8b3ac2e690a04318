"""What tests of the diagnosis share."""

import pytest

from parity.bench import Bench, prepare


@pytest.fixture(scope="session")
def bench(tmp_path_factory):
    """A small checkpoint and what the reference makes of it; ten seconds, made once."""
    folder = tmp_path_factory.mktemp("bench")
    prepare(folder)
    return Bench(folder)
