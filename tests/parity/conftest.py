"""What tests of the judge share."""

import pytest

from parity.bench import Bench, prepare


@pytest.fixture(scope="session")
def bench(once):
    """The small checkpoint and what the reference makes of it; ten seconds, made once."""
    return Bench(once("bench", prepare))


@pytest.fixture(autouse=True)
def _quick(unchecked_shapes):
    """Shapes are checked where scratch_bert is tested; here it is run thousands of times."""
