"""`parity check`: a candidate in a process of its own, judged by what the reference computes."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

from parity.compare import Comparison, Status
from parity.errors import CandidateCrashedError, CandidateError
from parity.record import record
from parity.worker import probes_of

LAST_LINES = 30  # of what a candidate wrote to stderr before its process ended


class Worker:
    """A candidate's process.

    Args:
        request: what every request says.
        log: where the process writes its stderr.
    """

    def __init__(self, request: dict[str, Any], log: IO[bytes]) -> None:
        self._request = request
        self._log = log
        self._process = subprocess.Popen(
            [sys.executable, "-m", "parity.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            encoding="utf-8",
        )

    def ask(self, recording: Path | None, **more: Any) -> Iterator[dict[str, Any]]:
        """Ask once, and yield the answers.

        Args:
            recording: to judge the candidate by; None describes it.
            more: what else the request says.

        Raises:
            CandidateError: it is not what a candidate must be.
            CandidateCrashedError: it raised, ended its process, or took too long.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        request = {**self._request, "recording": recording and str(recording), **more}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        for line in self._process.stdout:
            answer = json.loads(line)
            if "refused" in answer:
                raise CandidateError(answer["refused"])
            if "crashed" in answer:
                raise CandidateCrashedError(answer["crashed"])
            if "done" in answer:
                return
            yield answer
        code = self._process.wait()
        self._log.seek(0)
        last = self._log.read().decode(errors="replace").splitlines()[-LAST_LINES:]
        message = f"its process ended with code {code}; the last it wrote:"
        raise CandidateCrashedError("\n".join((message, *last)))

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()


def check(
    candidate: str, folder: Path, *, names: Sequence[str] = (), seed: int = 0, limit: float = 60
) -> Iterator[Comparison]:
    """Judge a candidate on one checkpoint, yielding row after row.

    Args:
        candidate: its name.
        folder: the checkpoint.
        names: of the probes; all where there are none.
        seed: of the probes.
        limit: seconds that a candidate has for one probe.

    Raises:
        CandidateError: it is not what a candidate must be.
        CandidateCrashedError: its own code raised, ended, or took too long.
    """
    chosen = [probe for probe in probes_of(folder, seed) if not names or probe.name in names]
    request = {"candidate": candidate, "checkpoint": str(folder.resolve()), "limit": limit}
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="parity.")))
        log = stack.enter_context(tempfile.TemporaryFile())
        worker = Worker(request, log)
        stack.callback(worker.close)
        (described,) = worker.ask(None)
        dtype = described["dtype"]
        if described["no float64"]:
            note = f"judged in float32 instead: {described['no float64']}"
            yield Comparison("float64", Status.UNSUPPORTED, note=note, probe="float64")
        wanted = {*described["stages"], *described["outputs"]}
        record(folder, chosen, wanted, place, [dtype] if dtype != "float64" else [])
        for answer in worker.ask(place, dtype=dtype):
            yield row_of(answer["row"])


def row_of(answer: Mapping[str, Any]) -> Comparison:
    """Read a row that came as JSON."""
    shape, where = tuple(answer["shape"]), tuple(answer["where"])
    return Comparison(
        **{**answer, "status": Status(answer["status"]), "shape": shape, "where": where}
    )
