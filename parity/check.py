"""`parity check`: a candidate in a process of its own, judged by what the reference computes."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

import torch
from torch import Tensor

from parity import reference, scratch
from parity.compare import Comparison, Status
from parity.errors import CandidateCrashedError, CandidateError
from parity.probes import Probe
from parity.recording import Recording
from parity.stages import OUTPUTS, reference_points
from parity.trace import tapped
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

    def ask(self, recording: Path | None) -> Iterator[dict[str, Any]]:
        """Ask once, and yield the answers.

        Raises:
            CandidateError: it is not what a candidate must be.
            CandidateCrashedError: it raised, ended its process, or took too long.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        request = {**self._request, "recording": recording and str(recording)}
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
    request = {
        "candidate": candidate,
        "checkpoint": str(folder.resolve()),
        "probes": [probe.name for probe in chosen],
        "seed": seed,
        "limit": limit,
    }
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="parity.")))
        log = stack.enter_context(tempfile.TemporaryFile())
        worker = Worker(request, log)
        stack.callback(worker.close)
        (described,) = worker.ask(None)
        record(folder, chosen, {*described["stages"], *described["outputs"]}, place)
        for answer in worker.ask(place):
            row = answer["row"]
            shape, where = tuple(row["shape"]), tuple(row["where"])
            yield Comparison(
                **{**row, "status": Status(row["status"]), "shape": shape, "where": where}
            )


def record(
    folder: Path, chosen: Sequence[Probe], wanted: Collection[str] | None, place: Path
) -> None:
    """Run the reference in double precision and keep what it computes.

    Args:
        folder: the checkpoint.
        chosen: probes.
        wanted: stages and outputs; None means all.
        place: of the recording.
    """
    architecture = scratch.architecture_of(folder)
    model = reference.load(
        architecture.name, folder, attention="eager", dtype=torch.float64, **architecture.options
    )
    points = reference_points(name for name, _ in model.named_modules())
    last = f"encoder.layer.{scratch.config(folder).num_hidden_layers - 1}"
    returned = {last: "last_hidden_state", "pooler": "pooler_output"}  # by the model without heads
    recording = Recording(place)
    for probe in chosen:
        if probe.error:
            continue

        def keep(name: str, tensor: Tensor, probe: Probe = probe) -> None:
            if wanted is None or name in wanted:
                recording.add(probe.name, name, tensor)
            if name in returned:
                keep(returned[name], tensor, probe)

        with torch.no_grad(), tapped(model, points, keep):
            outputs = reference.forward(model, probe.batch)
        for name, tensor in _heads(outputs).items():
            keep(name, tensor)
    recording.close()


def _heads(outputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return what the heads make, and what other models return in place of logits."""
    found = {name: outputs[name] for name in OUTPUTS if "logits" in name and name in outputs}
    if "prediction_logits" in found:
        found["log_probabilities"] = found["prediction_logits"].log_softmax(dim=-1)
    return found
