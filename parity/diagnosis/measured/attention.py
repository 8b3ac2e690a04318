"""Attention taken apart: how heads are cut, the scale, the mask, the softmax's axis, the join."""

from collections.abc import Callable, Iterable
from dataclasses import replace

import torch
from torch import Tensor

from parity.core.mistake import Mistake
from parity.core.scene import Scene
from parity.diagnosis.measured.masks import ADD, MASKS, NONE, OWN, Mask
from parity.diagnosis.measured.parts import Found, Measured, mistake, same

_SELF = "encoder.layer.{i}.attention.self"
_SCORES, _PROBABILITIES = f"{_SELF}.scores", f"{_SELF}.probabilities"
_CUT_FIX = "view(batch, seq, heads, head_dim).transpose(1, 2)"
_JOIN_FIX = "context.transpose(1, 2).reshape(batch, seq, hidden)"
_MASKED = -1e3  # lower scores than that are a mask's

Cut = Callable[[Tensor, int], Tensor]


def _right(states: Tensor, heads: int) -> Tensor:
    batch, seq, _ = states.shape
    return states.reshape(batch, seq, heads, -1).transpose(1, 2)


def _by_view(states: Tensor, heads: int) -> Tensor:
    batch, seq, _ = states.shape
    return states.reshape(batch, heads, seq, -1)


def _interleaved(states: Tensor, heads: int) -> Tensor:
    batch, seq, _ = states.shape
    return states.reshape(batch, seq, -1, heads).permute(0, 3, 1, 2)


def _backwards(states: Tensor, heads: int) -> Tensor:
    return _right(states, heads).flip(1)


_CUTS: dict[str, tuple[str, Cut]] = {
    "": ("cut as they should be", _right),
    "heads-cut-by-view": (
        "cut into heads by view() alone, so that tokens and features mix",
        _by_view,
    ),
    "heads-interleaved": ("cut so that a head has every n-th feature", _interleaved),
    "heads-backwards": ("cut into heads from the last to the first", _backwards),
}
_JOINS: dict[str, tuple[str, Callable[[Tensor], Tensor]]] = {
    "": ("joined as they should be", lambda mixed: mixed.transpose(1, 2).flatten(2)),
    "heads-not-joined": (
        "joined without transpose(1, 2), so that tokens and features mix",
        lambda mixed: mixed.contiguous().view(mixed.shape[0], mixed.shape[2], -1),
    ),
    "heads-joined-across": (
        "joined feature by feature",
        lambda m: m.permute(0, 2, 3, 1).flatten(2),
    ),
    "heads-joined-backwards": (
        "joined from the last to the first",
        lambda mixed: mixed.flip(1).transpose(1, 2).flatten(2),
    ),
}


def _cut(scene: Scene, name: str, cut: Cut) -> Tensor:
    return cut(scene[f"attention.self.{name}"], scene.config["num_attention_heads"])


def _dots(scene: Scene, cut: str, pair: tuple[str, str]) -> Tensor:
    """Q Kᵀ, or the product of others in their place, unscaled."""
    query, key = (_cut(scene, name, _CUTS[cut][1]) for name in pair)
    return query @ key.transpose(2, 3)


_PAIRS = tuple(
    (first, second) for first in ("query", "key", "value") for second in ("key", "query", "value")
)
_PAIR_IDS = {_PAIRS[0]: "", ("key", "query"): "query-for-key"}
_PLURAL = {"query": "queries", "key": "keys", "value": "values"}


def _told(pair: tuple[str, str]) -> str:
    first, second = (_PLURAL[name] for name in pair)
    return f"scores are the products of {first} and {second}, not of queries and keys"


def _lowest(scores: Tensor, kept: Tensor) -> Tensor:
    return scores + torch.finfo(scores.dtype).min * (~kept).to(scores)


def scores(measured: Measured) -> Found:
    """The softmax's input: which cut, which product, which scale, which mask."""
    scene, ours, tokens = measured.scene, measured.ours, measured.tokens
    head_dim = _cut(scene, "query", _right).shape[-1]
    for cut in _CUTS:
        for pair in _PAIRS:
            dots = _dots(scene, cut, pair)
            if dots.shape != ours.shape:
                continue
            for mask in (None, *MASKS):
                hidden = (mask.hidden(scene) if mask else ~scene.keys).expand_as(dots) & tokens
                seen = ~hidden & tokens
                scale = head_dim**-0.5
                if seen.any():
                    scale = float(ours[seen].dot(dots[seen]) / dots[seen].dot(dots[seen]))
                if abs(scale * head_dim**0.5 - 1) < 1e-12:
                    scale = head_dim**-0.5
                if not same(ours, dots * scale, seen) or (mask and not hidden.any()):
                    continue
                filled = _constant(ours[hidden])
                added = _constant(ours[hidden] - dots[hidden] * scale)
                if hidden.any() and filled is None and (added is None or added == 0):
                    continue
                yield _scored(cut, pair, scale, head_dim, mask, filled, added)


def _constant(numbers: Tensor) -> float | None:
    """The one value of all numbers; None if there are several."""
    if not numbers.numel():
        return None
    first = numbers[0]
    if bool((numbers == first).all()):
        return float(first)
    if not bool((numbers - first).abs().max() <= 1e-9 * max(1.0, float(first.abs()))):
        return None
    rounded = round(float(first))
    return rounded if abs(rounded - float(first)) <= 1e-9 * max(1.0, abs(rounded)) else float(first)


def _scored(
    cut: str,
    pair: tuple[str, str],
    scale: float,
    head_dim: int,
    mask: Mask | None,
    filled: float | None,
    added: float | None,
) -> Mistake:
    """Put the parts of the scores together."""

    def wrong(scene: Scene) -> Tensor:
        made = _dots(scene, cut, pair) * scale
        if mask is None:
            return _lowest(made, scene.keys)
        hidden = mask.hidden(scene)
        made = _lowest(made, scene.keys) if mask.also else made
        if filled is not None:
            return made.masked_fill(hidden, filled)
        return made + (added or 0.0) * hidden.to(made)

    names, told, fixes = [], [], []
    if cut:
        names.append(cut)
        told.append(f"queries and keys are {_CUTS[cut][0]}")
        fixes.append(_CUT_FIX)
    if pair != _PAIRS[0]:
        names.append(_PAIR_IDS.get(pair, "scores-of-other-parts"))
        told.append(_told(pair))
        fixes.append("query @ key.transpose(-1, -2)")
    if scale != head_dim**-0.5:
        names.append("scale")
        told.append(f"scores are multiplied by {scale:.6g}, not by 1 / √head_dim")
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


def probabilities(measured: Measured) -> Found:
    """The softmax: over which axis, of which scores, and what follows."""
    for found in softmaxes():
        if measured.equals(found.wrong(measured.scene)):  # type: ignore[misc]
            yield found


_AXES = {-1: "the keys", -2: "the queries", 1: "the heads", 0: "the batch"}
_AXIS_IDS = {-2: "softmax-over-queries", 1: "softmax-over-heads", 0: "softmax-over-batch"}


def _unmasked(scene: Scene) -> Tensor:
    return _dots(scene, "", _PAIRS[0]) * _cut(scene, "query", _right).shape[-1] ** -0.5


def softmaxes() -> Iterable[Mistake]:
    """Every softmax that differs from BERT's in its axis, its mask, or both."""
    kinds: dict[str, Callable[[Tensor, Tensor, int], Tensor]] = {
        "before": lambda scores, kept, axis: _lowest(scores, kept).softmax(axis),
        "times": lambda scores, kept, axis: (scores * kept).softmax(axis),
        "after": lambda scores, kept, axis: scores.softmax(axis) * kept,
        "zeroed": lambda scores, kept, axis: _lowest(scores, kept).softmax(axis) * kept,
    }
    for axis in _AXES:
        for kind, make in kinds.items():
            for mask in (OWN, NONE, *MASKS):
                if axis == -1 and kind in ("before", "zeroed") and mask is OWN:
                    continue  # it is BERT's
                yield _softmax(axis, kind, make, mask)


def _softmax(
    axis: int, kind: str, make: Callable[[Tensor, Tensor, int], Tensor], mask: Mask
) -> Mistake:
    names, told, fixes = [], [], []
    if axis != -1:
        names.append(_AXIS_IDS[axis])
        told.append(f"the softmax is taken over {_AXES[axis]}")
        fixes.append("softmax over the keys: dim=-1 of (batch, heads, query, key)")
    if kind == "times":
        names.append("mask-multiplied")
        told.append("scores are multiplied by the mask: those of padding are 0, and 0 attends")
        fixes.append(ADD)
    if kind == "after":
        names.append("mask-after-softmax")
        told.append("the mask is applied after the softmax, so that rows no longer sum to 1")
        fixes.append(ADD)
    if mask is not OWN:
        names.append(mask.id)
        told.append(mask.description)
        fixes.append(mask.fix)

    def wrong(scene: Scene) -> Tensor:
        return make(_unmasked(scene), mask.kept(scene), axis)

    return mistake("+".join(names), "; ".join(told), "; ".join(fixes), [_PROBABILITIES], wrong)


def context(measured: Measured) -> Found:
    """What follows the softmax: how values are cut, what weighs them, how heads are joined."""
    for found in mixtures():
        if measured.equals(found.wrong(measured.scene)):  # type: ignore[misc]
            yield found


def _over_batch(scene: Scene, kept: Tensor) -> Tensor:
    """Attention in which the batch is taken for the sequence."""
    query, key, value = (
        _right(scene[f"attention.self.{name}"].transpose(0, 1), scene.config["num_attention_heads"])
        for name in ("query", "key", "value")
    )
    scores = query @ key.transpose(2, 3) * query.shape[-1] ** -0.5
    mixed = _lowest(scores, kept).softmax(-1) @ value
    return mixed.transpose(1, 2).flatten(2).transpose(0, 1)


_BATCH_FIRST = "batch_first=True: torch's layers take (seq, batch, hidden) by default"
_OVER_BATCH = (
    mistake(
        "attention-over-batch",
        "attention goes over the batch, not over the sequence",
        _BATCH_FIRST,
        [_SELF],
        lambda scene: _over_batch(scene, torch.ones(1, 1, 1, 1, dtype=torch.bool)),
    ),
    mistake(
        "attention-over-batch",
        "attention goes over the batch, not over the sequence, with the mask transposed",
        _BATCH_FIRST,
        [_SELF],
        lambda scene: _over_batch(scene, scene.mask.T[:, None, None]),
    ),
)


def products() -> Iterable[Mistake]:
    """Every product of queries and keys with other heads than BERT's, for hidden scores."""
    for cut in _CUTS:
        for pair in _PAIRS:
            if cut or pair != _PAIRS[0]:
                yield _product(cut, pair)


def _product(cut: str, pair: tuple[str, str]) -> Mistake:
    def wrong(scene: Scene) -> Tensor:
        head_dim = _cut(scene, "query", _right).shape[-1]
        return _lowest(_dots(scene, cut, pair) * head_dim**-0.5, scene.keys)

    told = [f"queries and keys are {_CUTS[cut][0]}"] if cut else []
    told += [_told(pair)] if pair != _PAIRS[0] else []
    names = [name for name in (cut, _PAIR_IDS.get(pair, "scores-of-other-parts")) if name]
    return mistake("+".join(names), "; ".join(told), _CUT_FIX, [_SCORES], wrong)


def mixtures() -> Iterable[Mistake]:
    yield from _OVER_BATCH
    for cut in _CUTS:
        for join in _JOINS:
            for transposed in (False, True):
                for mask in (None, OWN, *MASKS):
                    if cut or join or transposed or mask:
                        yield _mixture("value", cut, join, transposed, mask)
    yield from (_mixture(name, "", "", transposed=False, mask=None) for name in ("key", "query"))


def _mixture(name: str, cut: str, join: str, transposed: bool, mask: Mask | None) -> Mistake:
    names, told, fixes = [], [], []
    if name != "value":
        names.append("context-of-other-parts")
        told.append(f"{_PLURAL[name]} are mixed, not values")
        fixes.append("probabilities @ value")
    if cut:
        names.append(cut)
        told.append(f"values are {_CUTS[cut][0]}")
        fixes.append(_CUT_FIX)
    if transposed:
        names.append("probabilities-transposed")
        told.append("probabilities are transposed before they weigh the values")
        fixes.append("probabilities @ value")
    if mask:
        names.append("mask-after-softmax")
        told.append(f"probabilities are multiplied by a mask; {mask.description or 'of padding'}")
        fixes.append(ADD)
    if join:
        names.append(join)
        told.append(f"heads are {_JOINS[join][0]}")
        fixes.append(_JOIN_FIX)

    def wrong(scene: Scene) -> Tensor:
        weights = scene["attention.self.probabilities"]
        weights = weights.transpose(2, 3) if transposed else weights
        weights = weights * mask.kept(scene) if mask else weights
        return _JOINS[join][1](weights @ _cut(scene, name, _CUTS[cut][1]))

    return mistake("+".join(names), "; ".join(told), "; ".join(fixes), [_SELF], wrong)


def gives(found: Mistake, measured: Measured) -> bool:
    """Whether a mistake inside attention gives what a stage behind it is; True if unknown."""
    scene = measured.scene
    layer, _, last = scene.stage.partition(".attention.")
    if last not in ("self", "output.dense", "output.sum", "output.LayerNorm"):
        return True
    stage = found.stages[0].format(i=scene.number)
    assert found.wrong is not None
    made = found.wrong(replace(scene, stage=stage))
    if stage.endswith("scores"):
        made = made.softmax(-1)
    if not stage.endswith("self"):
        made = _JOINS[""][1](made @ _cut(scene, "value", _right))
    if last != "self":
        made = scene.linear(made, f"{layer}.attention.output.dense")
    if last in ("output.sum", "output.LayerNorm"):
        made = made + scene.layer_input
    if last == "output.LayerNorm":
        made = scene.norm(made, f"{layer}.attention.output.LayerNorm")
    return measured.equals(made)
