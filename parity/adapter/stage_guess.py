"""Where somebody's model makes the reference's stages, as far as its parameters say so."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter

import torch
from torch import Tensor

from parity.adapter.agreement import INFINITE, Agreement
from parity.adapter.pairing import LAYER, Option, Pairing
from parity.adapter.search import AGREES
from parity.adapter.signatures import Call, run
from parity.core.stages import Side, Stage
from parity.core.trace import tapped

_SHAPES = ("x", "x[None]", "x.transpose(0, 1)")


@dataclass(frozen=True)
class StageGuess:
    """Where a stage may be made; `{i}` for a layer's number.

    Attributes:
        takes: the parts of its tensor `x` that it may be, or is, as written in an adapter.
    """

    stage: str
    module: str
    side: Side = "out"
    takes: tuple[str, ...] = _SHAPES

    @property
    def source(self) -> str:
        """The module and the side, as `parity.core.stages.Stage` reads them."""
        return self.module if self.side == "out" else f"{self.module}:{self.side}"


_BEFORE = {  # stages that are a module's input
    "embeddings.LayerNorm": "embeddings.sum",
    f"{LAYER}attention.output.dense": f"{LAYER}attention.self",
    f"{LAYER}attention.output.LayerNorm": f"{LAYER}attention.output.sum",
    f"{LAYER}output.dense": f"{LAYER}intermediate",
    f"{LAYER}output.LayerNorm": f"{LAYER}output.sum",
}
_AFTER = {  # stages that are a module's output beside its own
    "embeddings.LayerNorm": "embeddings",
    "cls.predictions.transform.LayerNorm": "cls.predictions.transform",
}


def staged(
    agreement: Agreement, guess: Pairing, call: Call, *, proved: bool
) -> tuple[list[StageGuess], list[StageGuess]]:
    """Look for the stages and compare.

    Args:
        agreement: with the weights in place.
        guess: what its parameters are.
        call: how the model is called.
        proved: whether numbers that differ mean that the place is wrong.

    Returns:
        What was seen where it was expected, and what was not.
    """
    modules = dict(agreement.model.named_modules())
    places = [
        place
        for place in dict.fromkeys(_places(agreement, guess))
        if place.module.replace("{i}", "0") in modules and place.module
        if agreement.shape(place.stage.replace("{i}", "0")) is not None
    ]
    closest = _look(agreement, places, call)
    best: dict[str, StageGuess] = {}
    unseen: dict[str, StageGuess] = {}
    for place in places:
        difference, take = closest.get(place, (INFINITE, None))
        if take and difference <= (AGREES if proved else INFINITE):
            best.setdefault(place.stage, replace(place, takes=(take,)))
        elif place.side in ("in", "out"):
            unseen.setdefault(place.stage, place)
    return [*best.values()], [place for stage, place in unseen.items() if stage not in best]


def _places(agreement: Agreement, guess: Pairing) -> Iterator[StageGuess]:
    if agreement.blocks:
        yield StageGuess("embeddings", agreement.blocks[0], "in")  # after dropout
    for option in guess.options:
        if "{h}" not in option.theirs.name:
            yield from _of_option(option)
    if agreement.blocks:
        yield StageGuess("encoder.layer.{i}", agreement.blocks[0].removesuffix("0") + "{i}")


def _of_option(option: Option) -> Iterator[StageGuess]:
    path = option.theirs.name
    parent = path.rpartition(".")[0]
    first, *others = names = [unit.name for unit in option.references]
    if others:
        for j, name in enumerate(names):
            yield StageGuess(name, path, takes=(f"x.chunk({len(names)}, dim=-1)[{j}]",))
    else:
        yield StageGuess(_BEFORE.get(first, ""), path, "in")
        yield StageGuess(first, path)
        yield StageGuess(_AFTER.get(first, ""), path)
    if first == f"{LAYER}attention.output.dense":
        yield StageGuess(first, parent)  # an attention that multiplies by itself
    if f"{LAYER}attention.self.query" in names:
        for module in (parent, path):
            for side in ("scores", "probabilities"):
                yield StageGuess(f"{LAYER}attention.self.{side}", module, side, ("x",))


def _look(
    agreement: Agreement, places: Sequence[StageGuess], call: Call
) -> dict[StageGuess, tuple[float, str]]:
    """Return each place's largest difference of all layers, and the part that has it.

    The part that comes closest counts; a place where none was made is missing.
    """
    differences: dict[StageGuess, dict[str, list[float]]] = {}
    layers = agreement.sizes[0]

    def visit(key: str, tensor: Tensor) -> None:
        number, i = key.split()
        place = places[int(number)]
        for take in place.takes:
            try:
                part = eval(take, {"x": tensor})  # noqa: S307
            except (RuntimeError, IndexError):  # it has no such part
                continue
            if part.shape != agreement.shape(stage := place.stage.replace("{i}", i)):
                continue
            seen = differences.setdefault(place, {}).setdefault(take, [])
            seen.append(agreement.difference(stage, part))

    stages = {
        f"{number} {i}": Stage(place.module.replace("{i}", str(i)), place.side)
        for number, place in enumerate(places)
        for i in range(layers if "{i}" in place.stage else 1)
    }
    for kind in (("in", "out"), ("scores", "probabilities")):
        chosen = {key: stage for key, stage in stages.items() if stage.side in kind}
        with torch.no_grad(), tapped(agreement.model, chosen, visit):
            run(agreement.model, call, agreement.probe.batch)
    closest = {}
    for place, takes in differences.items():
        made = layers if "{i}" in place.stage else 1
        found = [(max(seen), take) for take, seen in takes.items() if len(seen) == made]
        if found:
            closest[place] = min(found, key=itemgetter(0))
    return closest
