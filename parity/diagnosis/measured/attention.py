"""Attention taken apart: the softmax's axis, what weighs which values, the join."""

from collections.abc import Callable, Iterable
from dataclasses import replace

import torch
from torch import Tensor

from parity.core.mistake import Mistake
from parity.core.scene import Scene
from parity.diagnosis.measured.masks import ADD, MASKS, NONE, OWN, Mask
from parity.diagnosis.measured.parts import Found, Measured, mistake
from parity.diagnosis.measured.scores import (
    CUT_FIX,
    CUTS,
    PAIRS,
    PLURAL,
    cut_heads,
    lowest,
    products_of,
    right_heads,
)

_SELF = "encoder.layer.{i}.attention.self"
_SCORES, _PROBABILITIES = f"{_SELF}.scores", f"{_SELF}.probabilities"
_JOIN_FIX = "context.transpose(1, 2).reshape(batch, seq, hidden)"

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


def probabilities(measured: Measured) -> Found:
    """The softmax: over which axis, of which scores, and what follows."""
    for found in softmaxes():
        if measured.equals(found.wrong(measured.scene)):  # type: ignore[misc]
            yield found


_AXES = {-1: "the keys", -2: "the queries", 1: "the heads", 0: "the batch"}
_AXIS_IDS = {-2: "softmax-over-queries", 1: "softmax-over-heads", 0: "softmax-over-batch"}


def _unmasked(scene: Scene) -> Tensor:
    return (
        products_of(scene, "", PAIRS[0]) * cut_heads(scene, "query", right_heads).shape[-1] ** -0.5
    )


def softmaxes() -> Iterable[Mistake]:
    """Every softmax that differs from BERT's in its axis, its mask, or both."""
    kinds: dict[str, Callable[[Tensor, Tensor, int], Tensor]] = {
        "before": lambda scores, kept, axis: lowest(scores, kept).softmax(axis),
        "times": lambda scores, kept, axis: (scores * kept).softmax(axis),
        "after": lambda scores, kept, axis: scores.softmax(axis) * kept,
        "zeroed": lambda scores, kept, axis: lowest(scores, kept).softmax(axis) * kept,
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
        right_heads(
            scene[f"attention.self.{name}"].transpose(0, 1), scene.config["num_attention_heads"]
        )
        for name in ("query", "key", "value")
    )
    scores = query @ key.transpose(2, 3) * query.shape[-1] ** -0.5
    mixed = lowest(scores, kept).softmax(-1) @ value
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


def mixtures() -> Iterable[Mistake]:
    yield from _OVER_BATCH
    for cut in CUTS:
        for join in _JOINS:
            for transposed in (False, True):
                # Padding has no weight already: its own mask changes what is transposed alone.
                for mask in (None, *([OWN] if transposed else []), *MASKS):
                    if cut or join or transposed or mask:
                        yield _mixture("value", cut, join, transposed, mask)
    yield from (_mixture(name, "", "", transposed=False, mask=None) for name in ("key", "query"))


def _mixture(name: str, cut: str, join: str, transposed: bool, mask: Mask | None) -> Mistake:
    names, told, fixes = [], [], []
    if name != "value":
        names.append("context-of-other-parts")
        told.append(f"{PLURAL[name]} are mixed, not values")
        fixes.append("probabilities @ value")
    if cut:
        names.append(cut)
        told.append(f"values are {CUTS[cut][0]}")
        fixes.append(CUT_FIX)
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
        return _JOINS[join][1](weights @ cut_heads(scene, name, CUTS[cut][1]))

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
        made = _JOINS[""][1](made @ cut_heads(scene, "value", right_heads))
    if last != "self":
        made = scene.linear(made, f"{layer}.attention.output.dense")
    if last in ("output.sum", "output.LayerNorm"):
        made = made + scene.layer_input
    if last == "output.LayerNorm":
        made = scene.norm(made, f"{layer}.attention.output.LayerNorm")
    return measured.equals(made)
