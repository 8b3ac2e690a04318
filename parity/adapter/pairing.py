"""Guess which of somebody's parameters is which of the reference's weights; the best guess first.

A guess is an assignment of units; what speaks for it are shapes, which must fit, names, the order
of definition and what kind of module a parameter belongs to.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import permutations

from torch import Tensor, nn

from parity.adapter.layouts import Form, Function, fitting
from parity.adapter.names import likeness
from parity.adapter.parameter_units import Unit

WIDTH = 400  # partial guesses that are followed; eight units of one shape have 40320
LAYER = "encoder.layer.{i}."
_QKV = tuple(f"{LAYER}attention.self.{part}" for part in ("query", "key", "value"))


@dataclass(frozen=True)
class Option:
    """One of their units, made of units of the reference.

    Attributes:
        theirs: their unit.
        references: one, or several that are fused, in this order.
        form: how they lie there.
        score: what speaks for it.
    """

    theirs: Unit
    references: tuple[Unit, ...]
    form: Form
    score: float


@dataclass(frozen=True)
class ParameterPair:
    """One of their parameters and how it is made; names with `{i}` and `{h}`."""

    theirs: str
    references: tuple[str, ...]
    how: Function


@dataclass(frozen=True)
class Pairing:
    """What their units are; those that are nothing are not among them."""

    options: tuple[Option, ...] = ()
    score: float = 0.0

    @property
    def pairs(self) -> list[ParameterPair]:
        """Parameter by parameter."""
        found = []
        for option in self.options:
            units = option.references
            if weight := option.theirs.weight:
                names = tuple(unit.weight for unit in units if unit.weight)
                found.append(ParameterPair(weight, names, option.form.weight))
            if bias := option.theirs.bias:
                names = tuple(unit.bias for unit in units if unit.bias)
                found.append(ParameterPair(bias, names, option.form.bias))
        return found


def guesses(
    theirs: Sequence[Unit],
    references: Sequence[Unit],
    shapes: Mapping[str, tuple[int, ...]],
    weights: Mapping[str, Tensor],
    heads: int,
) -> list[Pairing]:
    """Guess, and return the guesses from the likeliest on.

    Args:
        theirs: units of a layer, or those outside of layers.
        references: likewise.
        shapes: of their parameters, by name.
        weights: the reference's, by name.
        heads: how many there are.
    """
    references = sorted(references, key=lambda unit: _ORDER.get(unit.name, 0))
    beam = [Pairing()]
    style = _transposes(theirs, references, shapes, weights, heads)
    for unit in theirs:
        options = list(_options(unit, references, shapes, weights, heads, style))
        grown = [
            Pairing((*guess.options, option), guess.score + option.score - _disorder(guess, option))
            for guess in beam
            for option in options
            if not _taken(guess).intersection(_consumed(option))
        ]
        left_out = [replace(guess, score=guess.score - 4) for guess in beam]
        beam = sorted((*grown, *left_out), key=lambda guess: -guess.score)[:WIDTH]
    return beam


def _consumed(option: Option) -> set[str]:
    return {unit.name for unit in option.references}


def _taken(guess: Pairing) -> set[str]:
    return {name for option in guess.options for name in _consumed(option)}


def _disorder(guess: Pairing, option: Option) -> float:
    """How many units the reference defines after this one, that are already there."""
    place = _ORDER.get(option.references[0].name, 0)
    return 0.25 * sum(_ORDER.get(other.references[0].name, 0) > place for other in guess.options)


_ORDER = {
    name: place
    for place, name in enumerate(
        (
            "embeddings.LayerNorm",
            *_QKV,
            f"{LAYER}attention.output.dense",
            f"{LAYER}attention.output.LayerNorm",
            f"{LAYER}intermediate.dense",
            f"{LAYER}output.dense",
            f"{LAYER}output.LayerNorm",
            "pooler.dense",
            "cls.predictions.transform.dense",
            "cls.predictions.transform.LayerNorm",
        ),
        start=1,
    )
}


def _options(
    unit: Unit,
    references: Sequence[Unit],
    shapes: Mapping[str, tuple[int, ...]],
    weights: Mapping[str, Tensor],
    heads: int,
    style: set[type],
) -> Iterator[Option]:
    for group in _groups(references):
        if (unit.kind is nn.Embedding) != ("_embeddings" in group[0].name) and unit.kind in (
            nn.Embedding,
            nn.Linear,
            nn.LayerNorm,
        ):
            continue
        if unit.weight is None and group[0].weight and group[0].name != "cls.predictions":
            continue
        forms = _forms(unit, group, shapes, weights, heads)
        for rank, form in enumerate(forms):
            score = sum(likeness(unit.name, each.name) for each in group) / len(group)
            score -= rank + (2 if unit.bias is None and group[0].bias else 0)
            if form.weight.__name__ == "transposed" and (
                unit.kind in style and unit.kind is not nn.Linear
            ):
                score += 2
            if len(group) > 1 and group not in (_plain(references), _plain(references)[1:]):
                score -= 1
            yield Option(unit, group, form, score)


def _plain(references: Sequence[Unit]) -> tuple[Unit, ...]:
    """Query, key and value, where they are among these."""
    return tuple(unit for unit in references if unit.name in _QKV)


def _groups(references: Sequence[Unit]) -> Iterator[tuple[Unit, ...]]:
    yield from ((unit,) for unit in references)
    yield from permutations(_plain(references), 3)
    yield from permutations(_plain(references)[1:], 2)  # key and value


def _forms(
    unit: Unit,
    group: tuple[Unit, ...],
    shapes: Mapping[str, tuple[int, ...]],
    weights: Mapping[str, Tensor],
    heads: int,
) -> list[Form]:
    front = (heads,) if unit.by_head else ()
    wanted = tuple(
        None if name is None else (*front, *shapes[name]) for name in (unit.weight, unit.bias)
    )
    parts = [
        [weights[name] for each in group if (name := getattr(each, side))]
        for side in ("weight", "bias")
    ]
    found = fitting(parts[0], parts[1], (wanted[0], wanted[1]), heads)
    return [form for form in found if not unit.by_head or "by_head" in form.weight.__name__]


def _transposes(
    theirs: Sequence[Unit],
    references: Sequence[Unit],
    shapes: Mapping[str, tuple[int, ...]],
    weights: Mapping[str, Tensor],
    heads: int,
) -> set[type]:
    """Their kinds of module that hold a weight as (in, out) wherever its shape can tell."""
    found: dict[type, set[str]] = {}
    for unit in theirs:
        for reference in references:
            forms = _forms(unit, (reference,), shapes, weights, heads)
            if len(forms) == 1 and unit.bias:
                found.setdefault(unit.kind, set()).add(forms[0].weight.__name__)
    return {kind for kind, names in found.items() if "transposed" in names and "as_is" not in names}
