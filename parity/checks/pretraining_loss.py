"""Are the loss of pretraining, and the gradients it gives, HuggingFace's?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn

from parity.answering import Asked
from parity.checks.outcome import Outcome, accounted
from parity.checks.pretraining_inputs import STILL, batch, model, weights
from parity.compare import Comparison, compare
from parity.mistakes.losses import MISTAKES
from parity.plain_training import RIGHT, loss_of
from parity.tolerance import FLOAT64
from parity.training_candidate import Batch, State

_BATCHES = 3


def check_loss(candidate: Asked) -> Outcome:
    """Compare loss and gradients on some batches, in double precision.

    Raises:
        CandidateError: `loss` or `build` does not return what it must.
        CandidateCrashedError: the candidate raised.
    """
    outcome, begin = Outcome("loss"), weights()
    batches = [batch(seed) for seed in range(_BATCHES)]
    ours = candidate.ask("losses", config=STILL, weights=begin, batches=batches)
    reference = model(STILL, begin)
    theirs = [_with_gradients(reference, reference(**each).loss) for each in batches]
    lacking = accounted("loss", ours[0], theirs[0])
    compared = [*_compared(ours, theirs)]
    outcome.rows = lacking + compared
    outcome.bits = sum(row.bit_equal for row in compared), len(compared)
    if outcome.different and not lacking:
        outcome.explain(
            MISTAKES, lambda mistake: _explains(reference, batches, ours, mistake.parts)
        )
        if not outcome.causes:
            outcome.known.append(_known(compared))
    return outcome


def _explains(
    reference: nn.Module,
    batches: Sequence[Batch],
    ours: Sequence[State],
    parts: Mapping[str, object],
) -> bool:
    recipe = replace(RIGHT, **parts)  # type: ignore[arg-type]
    wrong = [_with_gradients(reference, loss_of(reference, each, recipe)) for each in batches]
    return all(row.passed for row in _compared(ours, wrong))


def _with_gradients(reference: nn.Module, loss: Tensor) -> State:
    named = dict(reference.named_parameters())
    gradients = torch.autograd.grad(loss, [*named.values()], materialize_grads=True)
    return {"loss": loss.detach(), **dict(zip(named, gradients, strict=True))}


def _compared(ours: Sequence[State], theirs: Sequence[State]) -> Iterator[Comparison]:
    """Compare all that both have.

    The gradient of a bias is judged beside that of its weight: a key's is a sum that cancels.
    """
    for number, (mine, right) in enumerate(zip(ours, theirs, strict=True)):
        for name in (name for name in right if name in mine):
            beside = right.get(name.removesuffix("bias") + "weight", right[name])
            largest = max(float(right[name].abs().max()), float(beside.abs().max()))
            label = name if name == "loss" else f"{name}.grad"
            yield compare(
                label, mine[name], right[name], FLOAT64 * largest, probe=f"batch {number}"
            )


def _known(compared: Sequence[Comparison]) -> str:
    if all(row.passed for row in compared if row.name == "loss"):
        return "the loss itself is right: something is wrong on the way back (parity check)"
    return "no known mistake of the loss does this; is the model right (parity check)?"
