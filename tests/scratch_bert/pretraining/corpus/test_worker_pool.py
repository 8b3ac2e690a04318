"""Several processes give what one gives, in its order, and read only a little ahead."""

import os
import select
import signal
import subprocess
import sys

import pytest

from scratch_bert.errors import CorpusError
from scratch_bert.pretraining.corpus import worker_pool
from scratch_bert.pretraining.corpus.worker_pool import mapped


def tenfold(number):
    return 10 * number, os.getpid()


@pytest.mark.parametrize("processes", [1, 2])
def test_in_order_and_not_far_ahead(processes):
    read = []

    def items():
        for number in range(30):
            read.append(number)
            yield number

    others = set()
    for item, (result, process) in mapped(tenfold, items(), processes):
        assert result == 10 * item
        assert item <= read[-1] <= item + 2 * processes
        others.add(process)
    assert read == [*range(30)]
    assert (os.getpid() in others) == (processes == 1)


def test_what_goes_wrong_in_a_process_is_told_here():
    with pytest.raises(ValueError, match="invalid literal"):
        [*mapped(int, ["1", "no", "2"], 2)]


def test_one_that_is_killed_is_missed():
    with pytest.raises(CorpusError, match="was killed, perhaps for memory: try fewer"):
        [*mapped(os._exit, [1, 1], 2)]


def test_one_that_dies_while_another_is_started(monkeypatch):
    def closed(*_):
        raise OSError("handle is closed")

    monkeypatch.setattr(worker_pool.ProcessPoolExecutor, "submit", closed)
    with pytest.raises(CorpusError, match="was killed"):
        [*mapped(abs, [1], 2)]


def test_they_end_with_who_started_them():
    """In a process of its own, which is killed while others work for it."""
    program = (
        "import os\nfrom scratch_bert.pretraining.corpus.worker_pool import mapped\n"
        "for item, _ in mapped(abs, range(9), 2):\n    os.kill(os.getpid(), 9)"
    )
    read, write = os.pipe()
    with subprocess.Popen([sys.executable, "-c", program], stdout=write) as killed:
        os.close(write)
    assert killed.returncode == -signal.SIGKILL
    ended, _, _ = select.select([read], [], [], 60)  # nobody has it open any more
    os.close(read)
    assert ended
