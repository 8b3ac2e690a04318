"""Where somebody's model makes the reference's stages, as far as its parameters say so."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

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
        takes: the parts of its tensor `x` that it may be, as written in an adapter.
    """

    stage: str
    module: str
    side: Side = "out"
    takes: tuple[str, ...] = _SHAPES

    @property
    def take(self) -> str:
        """The part, once it is known."""
        return self.takes[0]

    @property
    def source(self) -> str:
        """The module and the side, as `parity.core.stages.Stage` reads them."""
        return self.module if self.side == "out" else f"{self.module}:{self.side}"


_MADE: dict[str, tuple[tuple[str, Side], ...]] = {
    "embeddings.LayerNorm": (
        ("embeddings.sum", "in"),
        ("embeddings.LayerNorm", "out"),
        ("embeddings", "out"),
    ),
    f"{LAYER}attention.output.dense": (
        (f"{LAYER}attention.self", "in"),
        (f"{LAYER}attention.output.dense", "out"),
    ),
    f"{LAYER}attention.output.LayerNorm": (
        (f"{LAYER}attention.output.sum", "in"),
        (f"{LAYER}attention.output.LayerNorm", "out"),
    ),
    f"{LAYER}output.dense": (
        (f"{LAYER}intermediate", "in"),
        (f"{LAYER}output.dense", "out"),
    ),
    f"{LAYER}output.LayerNorm": (
        (f"{LAYER}output.sum", "in"),
        (f"{LAYER}output.LayerNorm", "out"),
    ),
    "cls.predictions.transform.dense": (),
    "cls.predictions.transform.LayerNorm": (("cls.predictions.transform", "out"),),
}


@dataclass(frozen=True)
class Staged:
    """What was seen where it was expected, and what was not."""

    seen: list[StageGuess]
    unseen: list[StageGuess]


def staged(bench: Agreement, guess: Pairing, call: Call, *, proved: bool) -> Staged:
    """Look for the stages and compare.

    Args:
        bench: with the weights in place.
        guess: what its parameters are.
        call: how the model is called.
        proved: whether numbers that differ mean that the place is wrong.
    """
    modules = dict(bench.model.named_modules())
    places = [
        place
        for place in dict.fromkeys(_places(bench, guess))
        if place.module.replace("{i}", "0") in modules and place.module
    ]
    differences = _look(bench, places, call)
    best: dict[str, StageGuess] = {}
    unseen: dict[str, StageGuess] = {}
    for place in places:
        found = differences.get(place, {})
        take = min(found, key=lambda each: found[each], default=None)
        agrees = take is not None and found[take] <= (AGREES if proved else INFINITE)
        if take is not None and agrees and place.stage not in best:
            best[place.stage] = StageGuess(place.stage, place.module, place.side, (take,))
        elif place.side in ("in", "out"):
            unseen.setdefault(place.stage, place)
    return Staged([*best.values()], [p for stage, p in unseen.items() if stage not in best])


def _places(bench: Agreement, guess: Pairing) -> Iterator[StageGuess]:
    if bench.blocks:
        yield StageGuess("embeddings", bench.blocks[0], "in")  # after dropout
    for option in guess.options:
        if not option.theirs.by_head:
            yield from _of_option(option)
    if bench.blocks:
        yield StageGuess("encoder.layer.{i}", bench.blocks[0].removesuffix("0") + "{i}")


def _of_option(option: Option) -> Iterator[StageGuess]:
    path = option.theirs.name
    parent = path.rpartition(".")[0]
    names = [unit.name for unit in option.references]
    if len(names) > 1:
        for j, name in enumerate(names):
            yield StageGuess(name, path, takes=(f"x.chunk({len(names)}, dim=-1)[{j}]",))
    else:
        for stage, side in _MADE.get(names[0], ((names[0], "out"),)):
            yield StageGuess(stage, path, side)
    if names[0] == f"{LAYER}attention.output.dense":
        yield StageGuess(names[0], parent)  # an attention that multiplies by itself
    if f"{LAYER}attention.self.query" in names:
        for module in (parent, path):
            yield StageGuess(f"{LAYER}attention.self.scores", module, "scores", ("x",))
            yield StageGuess(
                f"{LAYER}attention.self.probabilities", module, "probabilities", ("x",)
            )


def _look(
    bench: Agreement, places: Sequence[StageGuess], call: Call
) -> Mapping[StageGuess, dict[str, float]]:
    """Return each place's differences, the largest of all layers; nothing where none was made."""
    differences: dict[StageGuess, dict[str, list[float]]] = {}
    layers = bench.sizes[0]

    def visit(key: str, tensor: Tensor) -> None:
        number, i = key.split()
        place = places[int(number)]
        for take in place.takes:
            try:
                part = eval(take, {"x": tensor})  # noqa: S307
            except (RuntimeError, IndexError):  # it has no such part
                continue
            if part.shape != bench.shape(stage := place.stage.replace("{i}", i)):
                continue
            seen = differences.setdefault(place, {}).setdefault(take, [])
            seen.append(bench.difference(stage, part))

    stages = {
        f"{number} {i}": Stage(place.module.replace("{i}", str(i)), place.side)
        for number, place in enumerate(places)
        for i in range(layers if "{i}" in place.stage else 1)
    }
    for kind in (("in", "out"), ("scores", "probabilities")):
        chosen = {key: stage for key, stage in stages.items() if stage.side in kind}
        with torch.no_grad(), tapped(bench.model, chosen, visit):
            run(bench.model, call, bench.probe.batch)
    return {
        place: {
            take: max(seen)
            for take, seen in takes.items()
            if len(seen) == (layers if "{i}" in place.stage else 1)
        }
        for place, takes in differences.items()
    }
