"""What `benchmark.py corpus` measures: how fast a corpus is prepared, and what memory that holds.

Run as a program it prepares one, in a process of its own; Linux alone says how much that held.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

FIELDS = ("RssAnon", "VmHWM")  # memory of its own, and with what is mapped of files


def measure(megabytes: float, processes: int) -> dict[str, Any]:
    """Prepare a corpus of a size, made by repetition of what Python brings.

    Returns:
        Its megabytes, seconds, megabytes a second; and megabytes of memory at most, of the process
        that is asked and of the largest that works for it. Memory of its own is looked at twenty
        times a second.
    """
    with TemporaryDirectory() as folder:
        size = _repeated(Path(folder) / "text.txt", int(megabytes * 1e6)) / 1e6
        command = [sys.executable, __file__, folder, str(processes)]
        first, others = dict.fromkeys(FIELDS, 0.0), dict.fromkeys(FIELDS, 0.0)
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:  # noqa: S603
            while running.poll() is None:
                _look(running.pid, first)
                for other in _children(running.pid):
                    _look(other, others)
                time.sleep(0.05)
            assert running.stdout is not None
            told = running.stdout.read()
        if running.returncode:
            raise SystemExit(running.returncode)
    seconds = json.loads(told.splitlines()[-1])
    return {
        "megabytes": size,
        "processes": processes,
        "seconds": seconds,
        "rate": size / seconds,
        "first": first,
        "others": others,
    }


def _repeated(place: Path, size: int) -> int:
    """Write a text again and again, so much of it that it is as large, or a little larger."""
    from scratch_bert.pretraining.corpus.texts import builtin_texts

    text = b"".join(each.text.encode() + b"\n\n" for each in builtin_texts())
    with place.open("wb") as file:
        for _ in range(-(-size // len(text))):
            file.write(text)
    return place.stat().st_size


def _look(process: int, most: dict[str, float]) -> None:
    """Note what a process holds, in megabytes, where it is more than before."""
    for field, held in _status(process):
        most[field] = max(most[field], held)


def _status(process: int) -> Iterator[tuple[str, float]]:
    try:
        lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
    except OSError:  # it has ended
        return
    for line in lines:
        field, _, value = line.partition(":")
        if field in FIELDS:
            yield field, int(value.split()[0]) / 1000


def _children(process: int) -> list[int]:
    try:
        text = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii")
    except OSError:
        return []
    return [int(each) for each in text.split()]


def _prepare(folder: Path, processes: int) -> float:
    from scratch_bert.pretraining.corpus.preparation import prepare
    from scratch_bert.pretraining.corpus.source import Corpus

    corpus = Corpus([folder / "text.txt"], vocab_size=4000, seq_length=128)
    start = time.perf_counter()
    prepare(folder / "made", corpus, workers=processes)
    return time.perf_counter() - start


if __name__ == "__main__":
    place, number = sys.argv[1:]
    print(json.dumps(_prepare(Path(place), int(number))))
