"""Recordings: what the reference computes on probes, and any two recordings compared.

Whoever wrote them, in whatever language.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from parity import reference
from parity.core.compare import Comparison, Status, attended
from parity.core.dropout import AlignedDropout
from parity.core.errors import RecordingError
from parity.core.probes import Mode, Probe
from parity.core.recording import Recording
from parity.core.stages import OUTPUTS
from parity.core.trace import tapped
from parity.model.backward import go_back
from parity.model.expected import GRADIENT, RecordedProbe
from parity.model.model_under_test import ModelUnderTest
from parity.model.reference_under_test import reference_under_test
from parity.model.run_probe import judge_probe
from scratch_bert.weights.checkpoints import Checkpoint

_COMPUTED = (Mode.EVALUATE, Mode.TRAIN, Mode.BACKWARD)


def record(
    checkpoint: Checkpoint,
    chosen: Sequence[Probe],
    wanted: Collection[str] | None,
    place: Path,
    dtypes: Collection[str] = (),
) -> Recording:
    """Load the reference with a checkpoint's weights, and record it."""
    with reference_under_test(checkpoint) as tested:
        return record_model(tested, chosen, wanted, Recording(place), dtypes)


def record_model(
    tested: ModelUnderTest,
    chosen: Sequence[Probe],
    wanted: Collection[str] | None,
    recording: Recording,
    dtypes: Collection[str] = (),
) -> Recording:
    """Run the reference in double precision and keep what it computes.

    Args:
        tested: the reference, with a checkpoint's weights.
        chosen: probes.
        wanted: stages and outputs; None means all.
        recording: an empty one, which is filled and returned.
        dtypes: smaller ones, in which the reference's own errors are measured as well.
    """
    recording.facts["made_by"] = f"transformers {reference.VERSIONS['transformers']}"
    for probe in chosen:
        recording.begin(probe)
        if probe.mode in _COMPUTED:
            _run(tested, probe, recording, wanted)
    for dtype in dict.fromkeys([*dtypes, *(probe.dtype for probe in chosen if probe.dtype)]):
        smaller = replace(tested, dtype=getattr(torch, dtype))
        for probe in chosen:
            asked = dtype == probe.dtype or (not probe.dtype and dtype in dtypes)
            if probe.mode in _COMPUTED and asked:
                _measure(smaller, probe, dtype, recording)
    recording.close()
    return recording


def _run(
    tested: ModelUnderTest, probe: Probe, recording: Recording, wanted: Collection[str] | None
) -> None:
    training, backward = probe.mode is Mode.TRAIN, probe.mode is Mode.BACKWARD
    model = tested.model(torch.float64, training=training)
    aligned = AlignedDropout()

    def keep(name: str, tensor: Tensor) -> None:
        if wanted is None or name in wanted:
            recording.add(probe.name, name, tensor.detach())
            aligned.reached(name)

    def keep_gradient(name: str, tensor: Tensor) -> None:
        if wanted is None or name in wanted or name.endswith((".weight", ".bias")):
            recording.add(probe.name, f"{name}{GRADIENT}", tensor)
            of_weights = name.endswith((".weight", ".bias"))
            recording.add_largest(probe.name, of_weights, float(tensor.abs().max()))

    with (
        torch.set_grad_enabled(backward),
        tapped(model, tested.stages, keep, keep_gradient if backward else None),
        aligned if training else nullcontext(),
    ):
        outputs = tested.forward(model, probe.batch)
        if training:
            recording.add_draws(probe.name, aligned.draws)
        for name, tensor in outputs.items():
            keep(name, tensor)
        if backward:  # from random gradients at the outputs, none of them at padding
            draw = torch.Generator().manual_seed(0)
            ends = {"last_hidden_state"} if wanted is None else wanted
            for name in (each for each in OUTPUTS if each in outputs and each in ends):
                gradient = torch.randn(outputs[name].shape, generator=draw, dtype=torch.float64)
                kept = attended(name, gradient, probe.batch["attention_mask"])
                keep_gradient(name, gradient if kept is None else gradient * kept.tokens)
            go_back(
                tested,
                model,
                outputs,
                RecordedProbe(recording, probe, torch.float64),
                keep_gradient,
            )


def _measure(tested: ModelUnderTest, probe: Probe, dtype: str, recording: Recording) -> None:
    """Keep how far the reference in a smaller dtype is from itself in double precision."""
    for row in judge_probe(tested, probe, recording):
        name = f"{row.name}{GRADIENT}" if "gradient" in row.lane else row.name
        recording.add_noise(probe.name, dtype, row.lane, name, row.max_abs)


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
            tensor = ours.get(probe.name, name)
            smaller = tensor.is_floating_point() and tensor.dtype is not torch.float64
            dtype = str(tensor.dtype).removeprefix("torch.")
            if smaller and relative is None and not theirs.has_noise(probe.name, dtype):
                raise RecordingError(
                    f"{ours.folder}: {name} on {probe.name!r} is {dtype}, and {theirs.folder} does "
                    f"not say how far the reference is off in {dtype}; record it with --dtype "
                    f"{dtype}, or give a --tolerance"
                )
            judged_in = tensor.dtype if smaller else torch.float64
            recorded = RecordedProbe(theirs, probe, judged_in, relative, histogram)
            lane = "gradient" if name.endswith(GRADIENT) else "propagated"
            yield from recorded.compare(name, tensor, recorded.get(name), lane)
        for name in (each for each in made if each not in expected):
            note = "theirs has no such tensor"
            yield Comparison(name, Status.MISSING_THEIRS, note=note, probe=probe.name)
    for name in {*ours.names()} - {*theirs.names()}:
        note = "theirs has no such probe"
        yield Comparison("probe", Status.MISSING_THEIRS, note=note, probe=name)
