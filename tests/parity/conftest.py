"""What tests of the judge share."""

import shutil

import pytest
import torch

from parity.model.candidate import Candidate
from parity.model.model_under_test import candidate_under_test
from parity.self_test import mutants
from parity.self_test.workbench import Workbench, prepare
from parity.tokenizer import suite
from scratch_bert.weights.checkpoints import Checkpoint
from tests.parity.strangers.variants import sizes
from tests.parity.strangers.variants.parts import Adapter, recorded


@pytest.fixture(scope="session")
def workbench(once):
    """The small checkpoint and what the reference makes of it; ten seconds, made once."""
    return Workbench(once("workbench", prepare))


@pytest.fixture(scope="session")
def sized(once):
    """The workbench of a checkpoint of another size."""

    def made(size):
        def fill(folder):
            (folder / "checkpoint").mkdir()
            checkpoint = Checkpoint.of(sizes.write(size, folder / "checkpoint"))
            plain = Candidate(Adapter(), "plain")
            with candidate_under_test(plain, checkpoint, torch.float64) as tested:
                recorded(checkpoint, folder / "with heads", tested.stages)
            shutil.copytree(folder / "with heads", folder / "without")

        return Workbench(once(f"of {size}", fill))

    return made


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
