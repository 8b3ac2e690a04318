"""A candidate in a process of its own, judged by what the reference computes."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any, Self

from parity.compare import Comparison, Status
from parity.errors import CandidateCrashedError, CandidateError
from parity.probes import Probe
from parity.record import record
from parity.recording import Recording

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

    def ask(self, what: str, **more: Any) -> Iterator[dict[str, Any]]:
        """Ask once, and yield the answers.

        Args:
            what: the worker's part to call.
            more: what else the request says.

        Raises:
            CandidateError: it is not what a candidate must be.
            CandidateCrashedError: it raised, ended its process, or took too long.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({**self._request, "what": what, **more}) + "\n")
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


class Judge:
    """Everything that is needed to judge a candidate on a checkpoint, probe after probe.

    Args:
        candidate: its name.
        folder: the checkpoint.
        limit: seconds that the candidate has for one probe.
        relative: what numbers may differ by, as a share of their tensor's largest; None means what
            `parity.tolerance` says.
    """

    def __init__(
        self, candidate: str, folder: Path, *, limit: float = 60, relative: float | None = None
    ) -> None:
        self._request = {
            "candidate": candidate,
            "checkpoint": str(folder.resolve()),
            "limit": limit,
            "relative": relative,
        }
        self._folder = folder
        self._stack = ExitStack()
        self._worker: Worker | None = None
        self._described: dict[str, Any] | None = None

    def __enter__(self) -> Self:
        prefix = tempfile.TemporaryDirectory(prefix="parity.")
        self._place = Path(self._stack.enter_context(prefix))
        self._log = self._stack.enter_context(tempfile.TemporaryFile())
        self._stack.callback(self._end)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def ask(self, what: str, **more: Any) -> Iterator[dict[str, Any]]:
        """Ask the candidate's process; one that crashed is replaced for the next question."""
        if self._worker is None:
            self._worker = Worker(self._request, self._log)
        try:
            yield from self._worker.ask(what, **more)
        except CandidateCrashedError:
            self._end()
            raise

    def described(self) -> dict[str, Any]:
        """Return what the candidate has and can: `stages`, `outputs`, `dtype`, `no float64`."""
        if self._described is None:
            (self._described,) = self.ask("describe")
        return self._described

    def prepare(self, chosen: Sequence[Probe]) -> None:
        """Run the reference on probes."""
        described = self.described()
        wanted = {*described["stages"], *described["outputs"]}
        dtypes = {described["dtype"]} - {"float64"}
        record(self._folder, chosen, wanted, self._place, dtypes)

    def rows(self, names: Sequence[str]) -> Iterator[Comparison]:
        """Run the candidate on prepared probes, and compare.

        Raises:
            CandidateError: it is not what a candidate must be.
            CandidateCrashedError: its own code raised, ended, or took too long.
        """
        described = self.described()
        if described["no float64"]:
            note = f"judged in float32 instead: {described['no float64']}"
            yield Comparison("float64", Status.UNSUPPORTED, note=note, probe="float64")
        place, dtype = str(self._place), described["dtype"]
        for answer in self.ask("judge", recording=place, probes=[*names], dtype=dtype):
            yield row_of(answer["row"])

    def keep(self, chosen: Sequence[Probe], folder: Path, dtype: str) -> None:
        """Record what the candidate itself computes.

        Args:
            chosen: probes.
            folder: of the recording.
            dtype: what it computes in.

        Raises:
            CandidateError: it is not what a candidate must be.
            CandidateCrashedError: its own code raised, ended, or took too long.
        """
        inputs = Recording(self._place)
        for probe in chosen:
            inputs.begin(probe)
        inputs.close()
        more = {"recording": str(self._place), "into": str(folder.resolve()), "dtype": dtype}
        for _ in self.ask("record", **more):
            pass

    def _end(self) -> None:
        if self._worker is not None:
            self._worker.close()
            self._worker = None


def check(
    candidate: str, folder: Path, chosen: Sequence[Probe], **options: Any
) -> Iterator[Comparison]:
    """Judge a candidate on one checkpoint, yielding row after row.

    Args:
        candidate: its name.
        folder: the checkpoint.
        chosen: the probes.
        options: the other arguments of `Judge`.

    Raises:
        CandidateError: it is not what a candidate must be.
        CandidateCrashedError: its own code raised, ended, or took too long.
    """
    with Judge(candidate, folder, **options) as judge:
        judge.prepare(chosen)
        yield from judge.rows([probe.name for probe in chosen])


def row_of(answer: Mapping[str, Any]) -> Comparison:
    """Read a row that came as JSON."""
    shape, where = tuple(answer["shape"]), tuple(answer["where"])
    return Comparison(
        **{**answer, "status": Status(answer["status"]), "shape": shape, "where": where}
    )
