"""Two recordings side by side, whoever wrote them, in whatever language."""

from collections.abc import Iterator

import torch

from parity.core.compare import Comparison, Status
from parity.core.errors import RecordingError
from parity.core.probes import Probe
from parity.core.recording import Recording
from parity.model.expected import GRADIENT, Witness


def compare_recordings(
    ours: Recording, theirs: Recording, relative: float | None = None, *, histogram: bool = False
) -> Iterator[Comparison]:
    """Compare every tensor that a candidate recorded with the reference's.

    What it did not record is not judged; a name the reference has not is an error of its writer.

    Args:
        ours: the candidate's.
        theirs: the reference's.
        relative: what numbers may differ by, as a share of their tensor's largest; None means what
            `parity.core.tolerance` says.
        histogram: whether differences are counted, too.

    Raises:
        RecordingError: a file cannot be read, or how much may differ is not known.
    """
    for probe in theirs.probes():
        made, expected = ours.stages(probe.name), theirs.stages(probe.name)
        if not made:
            note = f"{ours.folder} has nothing about this probe"
            yield Comparison("probe", Status.UNSUPPORTED, note=note, probe=probe.name)
        for name in (each for each in expected if each in made):
            yield from _compared(name, ours, theirs, probe, relative, histogram)
        for name in (each for each in made if each not in expected):
            note = "theirs has no such tensor"
            yield Comparison(name, Status.MISSING_THEIRS, note=note, probe=probe.name)
    for name in {*ours.names()} - {*theirs.names()}:
        note = "theirs has no such probe"
        yield Comparison("probe", Status.MISSING_THEIRS, note=note, probe=name)


def _compared(
    name: str,
    ours: Recording,
    theirs: Recording,
    probe: Probe,
    relative: float | None,
    histogram: bool,
) -> Iterator[Comparison]:
    tensor = ours.get(probe.name, name)
    lane = "gradient" if name.endswith(GRADIENT) else "propagated"
    smaller = tensor.is_floating_point() and tensor.dtype is not torch.float64
    dtype = str(tensor.dtype).removeprefix("torch.")
    if smaller and relative is None and not theirs.has_noise(probe.name, dtype):
        raise RecordingError(
            f"{ours.folder}: {name} on {probe.name!r} is {dtype}, and {theirs.folder} does not say "
            f"how far the reference is off in {dtype}; record it with --dtype {dtype}, or give a "
            "--tolerance"
        )
    judged_in = tensor.dtype if smaller else torch.float64
    witness = Witness(theirs, probe, judged_in, relative, histogram)
    yield from witness.compare(name, tensor, witness.get(name), lane)
