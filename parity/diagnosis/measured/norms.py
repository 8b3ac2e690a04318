"""LayerNorm taken apart: its input, its axes, its eps, its gain and bias."""

from collections.abc import Iterable

from torch import Tensor

from parity.core.mistake import Mistake
from parity.core.scene import Scene
from parity.diagnosis.measured.parts import Found, Measured, mistake
from parity.diagnosis.measured.tensors import pattern, state, states
from parity.model.mistakes.norms import STAGES

_AXES = {
    (-1,): "the features of each token",
    (1,): "the sequence",
    (0,): "the batch",
    (1, 2): "all numbers of a row",
    (0, 1): "the batch and the sequence",
    (0, 1, 2): "all numbers",
}
_INSIDE = (None, 1e-5, 1e-6, 1e-8, 1e-3, 0.0)  # None is the configuration's
_OUTSIDE = (0.0, 1e-6, 1e-5, 1e-8, 1e-12, 1e-3)


def norms(measured: Measured) -> Found:
    """A LayerNorm: of which input, over which axes, with which eps, gain and bias."""
    scene, ours, tokens = measured.scene, measured.ours, measured.tokens
    if ours.dim() != 3:
        return
    own = scene.stage.removeprefix(f"{scene.layer}.")
    gains = [
        name.removesuffix(".weight") for name in scene.parameters if "LayerNorm.weight" in name
    ]
    if own == "cls.predictions.transform":
        own = f"{own}.LayerNorm"
    first = f"{scene.layer}.{own}" if scene.layer else own
    gains = [first, *(name for name in gains if name != first), ""]
    inputs = ["its input", *states(scene, ours.shape[-1])]
    for source in inputs:
        for axes in _AXES:
            for unbiased in (False, True):
                for inside in _INSIDE:
                    for outside in _OUTSIDE if inside in (None, 0.0) else (0.0,):
                        parts = (source, axes, unbiased, inside, outside)
                        plain = _normalized(scene, *parts)
                        for gain in gains if (inside, outside) == (None, 0.0) else gains[:1]:
                            if measured.same(ours, _affine(scene, plain, gain), tokens):
                                relative = gain.removeprefix(f"{scene.layer}.") or "nothing"
                                yield _norm(
                                    [pattern(scene.stage)],
                                    parts,
                                    "its own" if gain == first else relative,
                                )


def guessed_norms() -> Found:
    """Every LayerNorm with other axes, another variance or another eps, for a hidden stage."""
    for axes in _AXES:
        for unbiased in (False, True):
            for inside in _INSIDE if axes == (-1,) else _INSIDE[:2]:
                for outside in _OUTSIDE if axes == (-1,) and not inside else (0.0,):
                    parts = ("its input", axes, unbiased, inside, outside)
                    yield _norm(STAGES, parts, "its own")


def _given(scene: Scene, source: str) -> Tensor:
    if source != "its input":
        return state(scene, source)
    return scene.to_normalize


def _normalized(
    scene: Scene,
    source: str,
    axes: tuple[int, ...],
    unbiased: bool,
    inside: float | None,
    outside: float,
) -> Tensor:
    given = _given(scene, source)
    eps = scene.config["layer_norm_eps"] if inside is None else inside
    centered = given - given.mean(axes, keepdim=True)
    count = given.numel() / centered.mean(axes, keepdim=True).numel()
    variance = centered.square().mean(axes, keepdim=True)
    variance = variance * count / max(count - 1, 1) if unbiased else variance
    return centered / ((variance + eps).sqrt() + outside)


def _affine(scene: Scene, plain: Tensor, gain: str) -> Tensor:
    if not gain:
        return plain
    return plain * scene.parameters[f"{gain}.weight"] + scene.parameters[f"{gain}.bias"]


def _norm(
    stages: Iterable[str], parts: tuple[str, tuple[int, ...], bool, float | None, float], gain: str
) -> Mistake:
    source, axes, unbiased, inside, outside = parts
    told = [] if source == "its input" else [f"it normalizes {source}"]
    told += [] if axes == (-1,) else [f"it normalizes over {_AXES[axes]}"]
    told += ["the variance is divided by n - 1"] if unbiased else []
    told += [] if inside is None else [f"eps is {inside:g}"]
    told += [f"{outside:g} is added to the standard deviation"] if outside else []
    told += [] if gain == "its own" else [f"gain and bias are of {gain}"]

    def wrong(scene: Scene) -> Tensor:
        plain = _normalized(scene, *parts)
        if gain == "nothing":
            return plain
        return scene.affine(plain, "" if gain == "its own" else gain)

    text = f"in LayerNorm {', '.join(told)}"
    fix = "nn.LayerNorm(hidden_size, eps=config.layer_norm_eps)"
    return mistake("norm-of-other-parts", text, fix, stages, wrong)
