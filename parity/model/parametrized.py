"""A parameter that has a weight's numbers and is not the weight.

Weight normalization keeps a direction, of which the weight is a function; the direction may have
the weight's numbers, but its gradient is another, and right. What tells it from a backward pass
that is wrong is the loss itself: a right gradient says how it changes with the parameter.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from parity.core.stages import OUTPUTS
from parity.model.expected import GRADIENT, RecordedProbe
from parity.model.model_under_test import ModelUnderTest
from parity.model.weight_places import Place

_CERTAIN = 0.05  # share of the gradients' difference by which the measured slope may be off
_TIED = "embeddings.word_embeddings.weight"


def is_another_parameter(
    tested: ModelUnderTest,
    model: nn.Module,
    batch: Mapping[str, Tensor],
    recorded: RecordedProbe,
    name: str,
    ours: Tensor,
) -> bool:
    """Measure whether a gradient that is not the weight's is the right one of its parameter.

    The parameter is moved along the difference of the two gradients, and the loss is measured.

    Args:
        tested: whose model it is.
        model: computes the reference's outputs.
        batch: the probe's.
        recorded: has the weight's gradient, and those at the outputs, which define the loss.
        name: the weight's.
        ours: the gradient of the parameter that holds the weight's numbers.
    """
    theirs, places = recorded.get(f"{name}{GRADIENT}"), tested.places(model)[name]
    if name == _TIED and not _is_parametrized(model, places):
        return False  # a decoder that does not learn with the table has a right slope, too
    # Where the reference drops a gradient, as in [PAD]'s row, one that is kept is a right slope.
    direction = torch.where(theirs == 0, 0.0, ours.double() - theirs)
    largest = float(direction.abs().max())
    if largest == 0 or not direction.isfinite().all():
        return False
    direction /= largest
    ends = [each for each in OUTPUTS if f"{each}{GRADIENT}" in recorded.names]

    def loss(step: float) -> float:
        with torch.no_grad(), _moved(places, direction * step):
            outputs = tested.forward(model, batch)
        first = (recorded.get(f"{each}{GRADIENT}") for each in ends)
        return sum(
            float((outputs[each].double() * gradient).sum())
            for each, gradient in zip(ends, first, strict=True)
        )

    magnitude = max(float(place.parameter.detach().abs().max()) for place in places)
    step = torch.finfo(recorded.dtype).eps ** (1 / 3) * magnitude  # the best for two-sided slopes
    slope = (loss(step) - loss(-step)) / (2 * step)
    expected, reference = (float((each * direction).sum()) for each in (ours.double(), theirs))
    return abs(slope - expected) < _CERTAIN * abs(expected - reference)


@contextmanager
def _moved(places: Sequence[Place], by: Tensor) -> Iterator[None]:
    """Add numbers in a weight's layout to the parameters that hold it."""
    before = {place.parameter: place.parameter.detach().clone() for place in places}
    for place in places:
        added = place.theirs(by)[place.same].to(place.parameter.dtype)
        place.ours(place.parameter.data)[place.rows] += added
    try:
        yield
    finally:
        for parameter, numbers in before.items():
            parameter.data.copy_(numbers)


def _is_parametrized(model: nn.Module, places: Sequence[Place]) -> bool:
    names = {parameter: name for name, parameter in model.named_parameters()}
    return all(".parametrizations." in f".{names[place.parameter]}" for place in places)
