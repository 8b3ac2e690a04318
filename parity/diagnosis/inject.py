"""Makes known mistakes in a model while it runs, from what the stages before them made."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import islice
from typing import Any

from torch import Tensor, nn

from parity.core.mistake import Injection, Make
from parity.core.scene import Scene
from parity.core.stages import OUTPUTS, reference_points
from parity.core.trace import tapped


@contextmanager
def making(
    mistakes: Sequence[Injection],
    model: nn.Module,
    config: Mapping[str, Any],
    batch: Mapping[str, Tensor],
) -> Iterator[Callable[[dict[str, Tensor]], dict[str, Tensor]]]:
    """While inside, a forward pass makes mistakes.

    Args:
        mistakes: which, and where.
        model: in HuggingFace's layout.
        config: its config.json.
        batch: what it is about to be given.

    Yields:
        What makes the mistakes that are made in the model's outputs.
    """
    named = model.named_parameters(remove_duplicate=False)
    parameters: dict[str, Tensor] = {name.removeprefix("bert."): weight for name, weight in named}
    scene = Scene(model, config, batch, parameters=parameters)
    points = reference_points(name for name, _ in model.named_modules())
    wrong: dict[str, list[tuple[Make, float]]] = {}
    for mistake in mistakes:
        for stage in mistake.stages:
            if mistake.mistake.wrong is not None:
                wrong.setdefault(stage, []).append((mistake.mistake.wrong, mistake.value))

    def edit(name: str, tensor: Tensor) -> Tensor:
        for make, value in wrong[name]:  # a second one goes on from what the first has made
            tensor = make(replace(scene, stage=name, right=tensor, value=value))
        return tensor

    def edit_outputs(outputs: dict[str, Tensor]) -> dict[str, Tensor]:
        here = [name for name in OUTPUTS if name in wrong and name in outputs]
        edited = {name: edit(name, outputs[name]) for name in here}
        return {**outputs, **edited}

    places = {name: points[name] for name in wrong if name in points}
    if not wrong:
        points = {}  # nobody asks what was made
    elif len(places) == len(wrong):  # nor what is made later
        *_, last = (i for i, name in enumerate(points) if name in wrong)
        points = dict(islice(points.items(), last))
    with ExitStack() as stack:
        for mistake in mistakes:
            for stage in mistake.stages:
                if mistake.mistake.around is not None:
                    stack.enter_context(mistake.mistake.around(model, stage, mistake.value))
        stack.enter_context(tapped(model, points, scene.made.__setitem__))
        stack.enter_context(tapped(model, places, edit, edits=True))
        yield edit_outputs
