"""Heads and scores taken apart: how heads are cut, what is multiplied, the scale, the mask."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from parity.core.mistake import Mistake
from parity.core.scene import Scene
from parity.diagnosis.measured.masks import ADD, MASKS, Mask
from parity.diagnosis.measured.parts import Found, Measured, mistake
from parity.diagnosis.parameters import shortened

_SCORES = "encoder.layer.{i}.attention.self.scores"
CUT_FIX = "view(batch, seq, heads, head_dim).transpose(1, 2)"
_MASKED = -1e3  # lower scores than that are a mask's
_POWER = -0.5  # of head_dim, which BERT's scores are multiplied by

Cut = Callable[[Tensor, int], Tensor]


def right_heads(states: Tensor, heads: int) -> Tensor:
    batch, seq, _ = states.shape
    return states.reshape(batch, seq, heads, -1).transpose(1, 2)


def _by_view(states: Tensor, heads: int) -> Tensor:
    batch, seq, _ = states.shape
    return states.reshape(batch, heads, seq, -1)


def _interleaved(states: Tensor, heads: int) -> Tensor:
    batch, seq, _ = states.shape
    return states.reshape(batch, seq, -1, heads).permute(0, 3, 1, 2)


def _backwards(states: Tensor, heads: int) -> Tensor:
    return right_heads(states, heads).flip(1)


CUTS: dict[str, tuple[str, Cut]] = {
    "": ("cut as they should be", right_heads),
    "heads-cut-by-view": (
        "cut into heads by view() alone, so that tokens and features mix",
        _by_view,
    ),
    "heads-interleaved": ("cut so that a head has every n-th feature", _interleaved),
    "heads-backwards": ("cut into heads from the last to the first", _backwards),
}


def cut_heads(scene: Scene, name: str, cut: Cut) -> Tensor:
    return cut(scene[f"attention.self.{name}"], scene.config["num_attention_heads"])


def products_of(scene: Scene, cut: str, pair: tuple[str, str]) -> Tensor:
    """Q Kᵀ, or the product of others in their place, unscaled."""
    query, key = (cut_heads(scene, name, CUTS[cut][1]) for name in pair)
    return query @ key.transpose(2, 3)


def lowest(scores: Tensor, kept: Tensor) -> Tensor:
    return scores + torch.finfo(scores.dtype).min * (~kept).to(scores)


PAIRS = tuple(
    (first, second) for first in ("query", "key", "value") for second in ("key", "query", "value")
)
_PAIR_IDS = {PAIRS[0]: "", ("key", "query"): "query-for-key"}
PLURAL = {"query": "queries", "key": "keys", "value": "values"}


def _told(pair: tuple[str, str]) -> str:
    first, second = (PLURAL[name] for name in pair)
    return f"scores are the products of {first} and {second}, not of queries and keys"


def scores(measured: Measured) -> Found:
    """The softmax's input: which cut, which product, which scale, which mask."""
    scene, ours, tokens = measured.scene, measured.ours, measured.tokens
    head_dim = cut_heads(scene, "query", right_heads).shape[-1]
    for cut in CUTS:
        for pair in PAIRS:
            dots = products_of(scene, cut, pair)
            if dots.shape != ours.shape:
                continue
            for mask in (None, *MASKS):
                hidden = (mask.hidden(scene) if mask else ~scene.keys).expand_as(dots) & tokens
                seen = ~hidden & tokens
                scale = head_dim**-0.5
                if seen.any():
                    scale = float(ours[seen].dot(dots[seen]) / dots[seen].dot(dots[seen]))
                if not measured.same(ours, dots * scale, seen) or (mask and not hidden.any()):
                    continue
                filled = _constant(ours[hidden], measured)
                added = _constant(ours[hidden] - dots[hidden] * scale, measured)
                if hidden.any() and filled is None and (added is None or added == 0):
                    continue
                yield _scored(
                    cut, pair, _factor(scale, head_dim, measured.rounding), mask, filled, added
                )


@dataclass(frozen=True)
class _Factor:
    """What products are multiplied by: a number, or a power of head_dim."""

    number: float
    power: float | None

    @property
    def is_right(self) -> bool:
        return self.power == _POWER

    def __str__(self) -> str:
        return f"{self.number:.6g}" if self.power is None else f"head_dim ** {self.power:.6g}"

    def of(self, scene: Scene) -> float:
        head_dim: int = cut_heads(scene, "query", right_heads).shape[-1]
        return self.number if self.power is None else head_dim**self.power


def _factor(scale: float, head_dim: int, rounding: float) -> _Factor:
    """Of a number and a power that are the same here, take what somebody would write."""
    power = None
    if scale > 0 and head_dim > 1:
        power = shortened(math.log(scale, head_dim), rounding)
    number = shortened(scale, rounding)
    if power == _POWER or number is None:
        return _Factor(scale, power)
    return _Factor(number, None)


def _constant(numbers: Tensor, measured: Measured) -> float | None:
    """The one value of all numbers; None if there are several."""
    if not numbers.numel():
        return None
    first = numbers[0]
    if bool((numbers == first).all()):
        return float(first)
    allowed = 10 * measured.rounding * max(1.0, float(first.abs()))
    if not bool((numbers - first).abs().max() <= allowed):
        return None
    rounded = round(float(first))
    return rounded if abs(rounded - float(first)) <= allowed else float(first)


def _scored(
    cut: str,
    pair: tuple[str, str],
    factor: _Factor,
    mask: Mask | None,
    filled: float | None,
    added: float | None,
) -> Mistake:
    """Put the parts of the scores together."""

    def wrong(scene: Scene) -> Tensor:
        made = products_of(scene, cut, pair) * factor.of(scene)
        if mask is None:
            return lowest(made, scene.keys)
        hidden = mask.hidden(scene)
        made = lowest(made, scene.keys) if mask.also else made
        if filled is not None:
            return made.masked_fill(hidden, filled)
        return made + (added or 0.0) * hidden.to(made)

    names, told, fixes = [], [], []
    if cut:
        names.append(cut)
        told.append(f"queries and keys are {CUTS[cut][0]}")
        fixes.append(CUT_FIX)
    if pair != PAIRS[0]:
        names.append(_PAIR_IDS.get(pair, "scores-of-other-parts"))
        told.append(_told(pair))
        fixes.append("query @ key.transpose(-1, -2)")
    if not factor.is_right:
        names.append("scale")
        told.append(f"scores are multiplied by {factor}, not by 1 / √head_dim")
        fixes.append("divide by sqrt(head_dim)")
    if mask:
        constant = (filled if filled is not None else added) or 0.0
        as_it_is = mask.id == "mask-inverted" and constant == 1 and filled is None
        if constant < _MASKED:
            names.append(mask.id)
            told.append(mask.description)
        elif as_it_is:
            names.append("mask-of-0-and-1")
            told.append("the mask's 0 and 1 are added to the scores as they are")
        else:
            names.append("mask-weak")
            told.append(f"{mask.description}, by {constant:.6g} alone")
        fixes.append(ADD if as_it_is else mask.fix)
    return mistake("+".join(names), "; ".join(told), "; ".join(fixes), [_SCORES], wrong)


def products() -> Iterable[Mistake]:
    """Every product of queries and keys with other heads than BERT's, for hidden scores."""
    for cut in CUTS:
        for pair in PAIRS:
            if cut or pair != PAIRS[0]:
                yield _product(cut, pair)


def _product(cut: str, pair: tuple[str, str]) -> Mistake:
    def wrong(scene: Scene) -> Tensor:
        head_dim = cut_heads(scene, "query", right_heads).shape[-1]
        return lowest(products_of(scene, cut, pair) * head_dim**-0.5, scene.keys)

    told = [f"queries and keys are {CUTS[cut][0]}"] if cut else []
    told += [_told(pair)] if pair != PAIRS[0] else []
    names = [name for name in (cut, _PAIR_IDS.get(pair, "scores-of-other-parts")) if name]
    return mistake("+".join(names), "; ".join(told), CUT_FIX, [_SCORES], wrong)
