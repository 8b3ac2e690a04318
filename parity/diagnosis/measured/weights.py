"""Weights that were never loaded, fitted to what a layer makes of its right inputs."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from parity.core.mistake import Mistake
from parity.core.scene import Scene
from parity.diagnosis.measured.lookups import own_ids
from parity.diagnosis.measured.parts import Found, Measured, mistake

_SPARE = 8  # rows more than there are unknown weights, so that a fit says something
_SPREAD = 0.1  # the share by which the spread of a few hundred drawn numbers may differ
_SIGMAS = 5  # of the correlation that independent numbers have by chance
_NONE = 1e-8  # a bias that small is none
_FIX = "load them from the checkpoint: compare the names that load_state_dict calls missing"


def not_loaded(seen: Sequence[Measured]) -> Found:
    """A linear layer or a table whose weights are still those of an initialization.

    Args:
        seen: the stage on each probe that shows it.
    """
    where = [each.tokens.any(-1) for each in seen]
    ours = torch.cat([each.ours[kept] for each, kept in zip(seen, where, strict=True)])
    if not ours.isfinite().all():
        return
    if not seen[0].scene.stage.endswith("_embeddings"):
        yield from _linear(seen, where, ours)
        return
    ids = torch.cat([own_ids(a.scene).expand_as(b)[b] for a, b in zip(seen, where, strict=True)])
    yield from _table(seen[0], ids, ours)


def _linear(seen: Sequence[Measured], where: Sequence[Tensor], ours: Tensor) -> Found:
    scene = seen[0].scene
    given = torch.cat([each.scene.input[kept] for each, kept in zip(seen, where, strict=True)])
    right = torch.cat([each.scene.right[kept] for each, kept in zip(seen, where, strict=True)])
    if len(given) <= given.shape[1] + _SPARE:
        return
    for constant in (0, 1):  # where LayerNorm made the inputs, they leave the bias open
        columns = torch.cat([given, torch.full_like(given[:, :1], constant)], 1)
        fitted, loaded = (
            torch.linalg.lstsq(columns, each, driver="gelsd").solution for each in (ours, right)
        )
        stored = fitted.float().to(fitted)  # weights are drawn in float32, and that is exact
        fitted = stored if seen[0].same(ours, columns @ stored) else fitted
        weight, bias = fitted[:-1], fitted[-1]
        if not seen[0].same(ours, columns @ fitted) or _is_made_of(weight, loaded[:-1]):
            continue
        without_bias = bool(bias.abs().max() < _NONE) or scene.stage == "cls.predictions"
        if _is_drawn(weight, _spreads(scene, *weight.shape, without_bias=without_bias)):
            yield _not_loaded(scene, weight, bias)


def _not_loaded(scene: Scene, weight: Tensor, bias: Tensor) -> Mistake:
    begin = "the linear layer's weights are"
    return _mistake(scene, begin, lambda scene: scene.input @ weight + bias)


def _table(measured: Measured, ids: Tensor, ours: Tensor) -> Found:
    scene = measured.scene
    table = scene.parameters[f"{scene.stage}.weight"]
    known = torch.unique(ids)
    read = table.clone()
    read[ids] = ours
    if len(known) == len(ids) or not measured.same(ours, read[ids]):
        return
    if not _is_made_of(read[known], table[known]) and _is_drawn(read[known], (_range(scene), 1)):
        yield _mistake(scene, "the table's rows are", lambda scene: read[own_ids(scene)])


def _spreads(scene: Scene, inputs: int, outputs: int, *, without_bias: bool) -> tuple[float, ...]:
    """The standard deviations of BERT's, Xavier's, and torch's own initialization."""
    if without_bias:
        return _range(scene), (2 / (inputs + outputs)) ** 0.5
    return ((3 * inputs) ** -0.5,)


def _range(scene: Scene) -> float:
    return float(scene.config.get("initializer_range", 0.02))  # BertConfig's default


def _is_drawn(weights: Tensor, spreads: Sequence[float]) -> bool:
    return any(abs(float(weights.std()) / each - 1) < _SPREAD for each in spreads)


def _is_made_of(weights: Tensor, loaded: Tensor) -> bool:
    """Whether large numbers stand where large ones were loaded, or rows or columns moved."""
    sizes = torch.stack([weights.abs().flatten(), loaded.abs().flatten()])
    if abs(float(torch.corrcoef(sizes)[0, 1])) > _SIGMAS / weights.numel() ** 0.5:
        return True
    for axis in (0, 1):
        lengths, known = (each.norm(dim=axis) for each in (weights, loaded))
        if bool(((lengths[:, None] - known).abs() < 1e-6 * known).any()):
            return True
    return False


def _mistake(scene: Scene, begin: str, wrong: Callable[[Scene], Tensor]) -> Mistake:
    told = f"{begin} not the checkpoint's, but as an initialization draws them"
    return mistake("weights-not-loaded", told, _FIX, [scene.stage], wrong)
