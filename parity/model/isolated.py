"""The isolated lane for its numbers: what each stage makes of the reference's numbers before it."""

from collections.abc import Callable, Collection
from contextlib import ExitStack, suppress

import torch
from torch import Tensor, nn

from parity.core.dropout import AlignedDropout
from parity.core.probes import Mode
from parity.core.stages import OUTPUTS
from parity.core.trace import tapped
from parity.model.backward import go_back
from parity.model.expected import GRADIENT, Witness
from parity.model.model_under_test import Subject


class _Enough(Exception):  # noqa: N818 - nothing is wrong
    """All that was asked for is there."""


Notice = Callable[[nn.Module, str], None]


def isolated(
    subject: Subject,
    witness: Witness,
    shown: Collection[str],
    notice: Notice | None = None,
    until: str = "",
) -> dict[str, Tensor]:
    """Run a probe; after each stage that a candidate shows, go on with the reference's numbers.

    Args:
        subject: the candidate, or the reference in its place.
        witness: of the probe.
        shown: the candidate's stages and outputs.
        notice: is called when a stage has been made.
        until: after this stage nothing is computed, if that is possible.

    Returns:
        What was made at each of these, before it was replaced; a gradient's name ends with `.grad`.
    """
    made: dict[str, Tensor] = {}
    mode, recorded = witness.probe.mode, {*witness.names}
    model = subject.model(witness.dtype, training=mode is Mode.TRAIN)

    def look(name: str, ours: Tensor) -> Tensor | None:
        made[name] = ours.detach().clone()
        if notice is not None:
            notice(model, name)
        if name == until:
            raise _Enough
        return witness.put(name, ours, witness.get(name)) if name in recorded else None

    def look_back(name: str, ours: Tensor) -> Tensor | None:
        if f"{name}{GRADIENT}" not in recorded:
            return None
        made[f"{name}{GRADIENT}"] = ours.detach().clone()
        theirs = witness.get(f"{name}{GRADIENT}")
        return theirs if ours.shape == theirs.shape else None

    watched = [name for name in subject.stages if name in shown]
    if until in watched:
        watched = watched[: watched.index(until) + 1]
    stages = {name: subject.stages[name] for name in watched}
    backward = mode is Mode.BACKWARD
    with suppress(_Enough), ExitStack() as stack:
        stack.enter_context(torch.set_grad_enabled(backward))
        stack.enter_context(AlignedDropout())  # what is dropped is the same on both sides
        stack.enter_context(tapped(model, stages, look, look_back if backward else None))
        outputs = subject.forward(model, witness.probe.batch)
        for name in OUTPUTS:
            if name in outputs and name in shown:
                look(name, outputs[name])
        if backward:
            go_back(subject, model, outputs, witness, look_back)
    if backward:  # what no gradient reaches has one of zeros
        absent = (name for name in recorded - made.keys() if name.endswith(GRADIENT))
        made |= {name: torch.zeros_like(witness.get(name)) for name in absent}
    return made
