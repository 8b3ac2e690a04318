"""The judge's side: record the reference, and ask the user's module's process for an adapter."""

from pathlib import Path
from typing import Any

from parity.adapter.build_adapter import send_adapter
from parity.adapter.search import SECONDS
from parity.core.probes import Probe
from parity.core.process import LIMIT, CandidateProcess
from parity.model.record import record
from parity.model.worker import probes_of
from scratch_bert.weights.checkpoints import Checkpoint

PROBES = ("padded pairs", "pair", "holes in the mask", "no mask", "positions", "sentence")
"""Both segments and padding, first; what a right guess must agree on, too. Padding on the left and
the longest sequence belong to `parity check`."""


def probes_for(checkpoint: Checkpoint) -> list[Probe]:
    """Make the probes that a guess is tried with; the search looks at the first alone."""
    probes = [probe for probe in probes_of(checkpoint, 0) if probe.name in PROBES]
    return sorted(probes, key=lambda probe: PROBES.index(probe.name))


def adapter_for(
    module: str, checkpoint: Checkpoint, path: Path, limit: float = SECONDS + LIMIT
) -> dict[str, Any]:
    """Ask for an adapter.

    Args:
        module: the user's class or function.
        checkpoint: with its weights.
        path: where the adapter will lie.
        limit: seconds that the user's code has.

    Returns:
        The fields of `parity.adapter.build_adapter.WrittenAdapter`.

    Raises:
        CandidateError: the module is not found or is none.
        CandidateCrashedError: its own code raised, ended its process, or took too long.
    """
    with CandidateProcess(limit) as process:
        record(checkpoint, probes_for(checkpoint), None, process.place)
        given = {"module": module, "checkpoint": checkpoint.name, "path": str(path)}
        places = {"folder": str(checkpoint.folder.resolve()), "recording": str(process.place)}
        (answer,) = process.answers(send_adapter, **given, **places)
    return answer
