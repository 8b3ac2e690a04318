"""What the reference computes on probes, on disk, for a candidate to be compared with."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import torch
from torch import Tensor, nn

from parity import reference
from parity.core.dropout import AlignedDropout
from parity.core.padding import attended
from parity.core.probes import Mode, Probe
from parity.core.recording import Recording
from parity.core.stages import OUTPUTS
from parity.core.trace import tapped
from parity.model.expected import GRADIENT
from parity.model.model_under_test import Subject
from parity.model.reference_under_test import reference_subject
from parity.model.run_probe import judge_probe
from scratch_bert.weights.checkpoints import Checkpoint

Keep = Callable[[str, Tensor], None]

_COMPUTED = (Mode.EVALUATE, Mode.TRAIN, Mode.BACKWARD)


def record(
    checkpoint: Checkpoint,
    chosen: Sequence[Probe],
    wanted: Collection[str] | None,
    place: Path,
    dtypes: Collection[str] = (),
) -> Recording:
    """Run the reference in double precision and keep what it computes.

    Args:
        checkpoint: with its weights.
        chosen: probes.
        wanted: stages and outputs; None means all.
        place: of the recording.
        dtypes: smaller ones, in which the reference's own errors are measured as well.
    """
    recording = Recording(place, made_by=f"transformers {reference.VERSIONS['transformers']}")
    with reference_subject(checkpoint) as subject:
        for probe in chosen:
            recording.begin(probe)
            if probe.mode in _COMPUTED:
                _run(subject, probe, recording, wanted)
        for dtype in dict.fromkeys([*dtypes, *(probe.dtype for probe in chosen if probe.dtype)]):
            subject.dtype = getattr(torch, dtype)
            for probe in chosen:
                asked = dtype == probe.dtype or (not probe.dtype and dtype in dtypes)
                if probe.mode in _COMPUTED and asked:
                    _measure(subject, probe, dtype, recording)
    recording.close()
    return recording


def _run(
    subject: Subject, probe: Probe, recording: Recording, wanted: Collection[str] | None
) -> None:
    model = subject.model(torch.float64, training=probe.mode is Mode.TRAIN)
    backward = probe.mode is Mode.BACKWARD

    aligned = AlignedDropout()

    def keep(name: str, tensor: Tensor) -> None:
        if wanted is None or name in wanted:
            recording.add(probe.name, name, tensor.detach())
            aligned.reached(name)

    def keep_gradient(name: str, tensor: Tensor) -> None:
        if wanted is None or name in wanted or name.endswith((".weight", ".bias")):
            recording.add(probe.name, f"{name}{GRADIENT}", tensor)

    with ExitStack() as stack:
        stack.enter_context(torch.set_grad_enabled(backward))
        stack.enter_context(
            tapped(model, subject.stages, keep, keep_gradient if backward else None)
        )
        if probe.mode is Mode.TRAIN:
            stack.enter_context(aligned)
        outputs = subject.forward(model, probe.batch)
        if probe.mode is Mode.TRAIN:
            recording.add_draws(probe.name, aligned.draws)
        for name, tensor in outputs.items():
            keep(name, tensor)
        if backward:
            begin = {*outputs} & ({"last_hidden_state"} if wanted is None else {*wanted})
            _go_back(subject, model, probe, {name: outputs[name] for name in begin}, keep_gradient)


def _go_back(
    subject: Subject,
    model: nn.Module,
    probe: Probe,
    outputs: Mapping[str, Tensor],
    keep_gradient: Keep,
) -> None:
    """Run backward from random gradients at the outputs, none of them at padding."""
    generator = torch.Generator().manual_seed(0)
    ends, first = [], []
    for name in (each for each in OUTPUTS if each in outputs):
        tensor = outputs[name]
        gradient = torch.randn(tensor.shape, generator=generator, dtype=tensor.dtype)
        kept = attended(name, tensor, probe.batch["attention_mask"])
        if kept is not None:
            gradient = gradient * kept.tokens
        keep_gradient(name, gradient)
        ends.append(tensor)
        first.append(gradient)
    with subject.gradients(model, keep_gradient):
        torch.autograd.backward(ends, first)


def _measure(subject: Subject, probe: Probe, dtype: str, recording: Recording) -> None:
    """Keep how far the reference in a smaller dtype is from itself in double precision."""
    for row in judge_probe(subject, probe, recording):
        name = f"{row.name}{GRADIENT}" if "gradient" in row.lane else row.name
        recording.add_noise(probe.name, dtype, row.lane, name, row.max_abs)
