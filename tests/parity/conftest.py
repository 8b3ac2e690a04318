"""What tests of the judge share."""

import pytest
import torch

from parity.self_test import mutants
from parity.self_test.workbench import Workbench, prepare
from parity.tokenizer import suite


@pytest.fixture(scope="session")
def workbench(once):
    """The small checkpoint and what the reference makes of it; ten seconds, made once."""
    return Workbench(once("workbench", prepare))


@pytest.fixture(autouse=True)
def _quick(unchecked_shapes):
    """Shapes are checked where scratch_bert is tested; here it is run thousands of times.

    A command sets the number of threads of its process, which is that of all later tests.
    """
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def few_words(monkeypatch):
    """Tokenizers of 3,000 words, which are built in a tenth of the time."""
    words = suite.vocabulary()[:3000]
    for module in (suite, mutants):
        monkeypatch.setattr(module, "vocabulary", lambda: words)
