"""One trained model for all tests of what is inside it."""

import pytest

from scratch_bert.inspection import load


@pytest.fixture(scope="session")
def bert():
    return load("builtin:minilm")
