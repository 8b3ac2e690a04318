"""Guess which of somebody's parameters is which of the reference's weights; the best guess first.

A guess is an assignment of units; what speaks for it are shapes, which must fit, names, the order
of definition and what kind of module a parameter belongs to.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import permutations

from torch import nn

from parity.adapter.layouts import Function, Layout, as_is, fitting, transposed
from parity.adapter.parameter_units import Unit

WIDTH = 400  # partial guesses that are followed; eight units of one shape have 40320
LAYER = "encoder.layer.{i}."
_QKV = tuple(f"{LAYER}attention.self.{part}" for part in ("query", "key", "value"))
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

_EDGE, _END = r"(?:^|[._\d])", r"(?:[._\d]|$)"


def _letter(letter: str, words: str) -> str:
    suffix = r"(?:_?(?:proj|projection|lin|linear|layer|fc|w|net))?"
    return (
        rf"{_EDGE}(?<![qkv]_)(?:w|to|lin|fc|in|proj)?_?(?:{letter}|{words}){suffix}{_END}"
        rf"|{_EDGE}(?<![qkv]_){words}"
    )


_PATTERNS = {
    f"{LAYER}attention.self.query": _letter("q", "quer(?:y|ies)"),
    f"{LAYER}attention.self.key": _letter("k", "keys?"),
    f"{LAYER}attention.self.value": _letter("v", "values?"),
    f"{LAYER}attention.output.dense": _letter("o", "(?:out|proj|output|dense|merge|unify|combine)"),
    f"{LAYER}attention.output.LayerNorm": (
        rf"(?:att|sa_|mha).*(?:norm|ln)|(?:norm|ln|layer_?norm|n|norm_?layer)_?\.?(?:1|a|att\w*){_END}"
    ),
    f"{LAYER}output.LayerNorm": (
        r"(?:ff|mlp|feed|final|out).*(?:norm|ln)"
        rf"|(?:norm|ln|layer_?norm|n|norm_?layer)_?\.?(?:2|b|f\w*|out\w*){_END}"
    ),
    "embeddings.LayerNorm": r"emb",
    "pooler.dense": r"pool",
    "cls.predictions.transform.dense": r"transform|mlm|lm|pred|mask|head",
    "cls.predictions.transform.LayerNorm": r"transform|mlm|lm|pred|mask|head",
    "cls.predictions": r"decoder|mlm|lm|pred|mask|head",
    "cls.seq_relationship": r"nsp|next|seq|relation|cls|class",
    "embeddings.word_embeddings": r"word|tok",
}


def likeness(path: str, reference: str) -> float:
    """Say how well a path in somebody's model fits a unit of the reference.

    Returns:
        3 where its last names say so, 1 where others do, 0 where nothing does.
    """
    pattern = _PATTERNS.get(reference)
    if pattern is None:
        return 0.0
    path = re.sub(r"([a-z])([A-Z])", r"\1_\2", path.replace("{i}", "").replace("{h}", "")).lower()
    parts = path.split(".")
    last = ".".join(parts[-2:]) if "Norm" in reference else parts[-1]
    if re.search(pattern, parts[-1]) or re.search(pattern, last):
        return 3.0
    return 1.0 if re.search(pattern, path) else 0.0


@dataclass(frozen=True)
class Option:
    """One of their units, made of units of the reference.

    Attributes:
        theirs: their unit.
        references: one, or several that are fused, in this order.
        layout: how they lie there.
        score: what speaks for it.
    """

    theirs: Unit
    references: tuple[Unit, ...]
    layout: Layout
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
        return [
            ParameterPair(
                theirs.name,
                tuple(part.name for unit in option.references if (part := unit.sides[side])),
                option.layout[side],
            )
            for option in self.options
            for side, theirs in enumerate(option.theirs.sides)
            if theirs
        ]


def guesses(theirs: Sequence[Unit], references: Sequence[Unit], heads: int) -> list[Pairing]:
    """Guess, and return the guesses from the likeliest on.

    Args:
        theirs: units of a layer, or those outside of layers.
        references: likewise.
        heads: how many there are.
    """
    references = sorted(references, key=lambda unit: _ORDER.get(unit.name, 0))
    beam = [Pairing()]
    turned = _transposes(theirs, references, heads)
    for unit in theirs:
        options = list(_options(unit, references, heads, turned))
        grown = [
            Pairing((*guess.options, option), guess.score + option.score - _disorder(guess, option))
            for guess in beam
            for taken in [{unit.name for each in guess.options for unit in each.references}]
            for option in options
            if taken.isdisjoint(unit.name for unit in option.references)
        ]
        left_out = [replace(guess, score=guess.score - 4) for guess in beam]
        beam = sorted((*grown, *left_out), key=lambda guess: -guess.score)[:WIDTH]
    return beam


def _disorder(guess: Pairing, option: Option) -> float:
    """How many units the reference defines after this one, that are already there."""
    place = _ORDER.get(option.references[0].name, 0)
    return 0.25 * sum(_ORDER.get(other.references[0].name, 0) > place for other in guess.options)


def _options(
    unit: Unit, references: Sequence[Unit], heads: int, turned: set[type]
) -> Iterator[Option]:
    fused = [each for each in references if each.name in _QKV]
    in_order = tuple(fused), tuple(fused[1:])
    groups = (
        *((each,) for each in references),
        *permutations(fused, 3),
        *permutations(fused[1:], 2),  # key and value
    )
    for group in groups:
        if (unit.kind is nn.Embedding) != ("_embeddings" in group[0].name) and unit.kind in (
            nn.Embedding,
            nn.Linear,
            nn.LayerNorm,
        ):
            continue
        if unit.weight is None and group[0].weight and group[0].name != "cls.predictions":
            continue
        for rank, layout in enumerate(fitting(unit, group, heads)):
            score = sum(likeness(unit.name, each.name) for each in group) / len(group)
            score -= rank + (2 if unit.bias is None and group[0].bias else 0)
            if layout[0] is transposed and unit.kind in turned and unit.kind is not nn.Linear:
                score += 2
            if len(group) > 1 and group not in in_order:
                score -= 1
            yield Option(unit, group, layout, score)


def _transposes(theirs: Sequence[Unit], references: Sequence[Unit], heads: int) -> set[type]:
    """Their kinds of module that hold a weight as (in, out) wherever its shape can tell."""
    found: dict[type, set[Function]] = {}
    for unit in theirs:
        for reference in references:
            forms = list(fitting(unit, (reference,), heads))
            if len(forms) == 1 and unit.bias:
                found.setdefault(unit.kind, set()).add(forms[0][0])
    return {kind for kind, hows in found.items() if transposed in hows and as_is not in hows}
