"""Sums and linear layers taken apart: which tensors go in, with which weights."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import combinations

import torch
from torch import Tensor

from parity.core.mistake import Mistake
from parity.core.scene import Scene
from parity.diagnosis.measured.parts import Found, Measured, mistake
from parity.model.mistakes.loading import STAGES_OF_A_LAYER, by_layer

_LAYER = "encoder.layer.{i}"
_FIX = "compare this line with HuggingFace's BERT"
_LARGEST = 3  # terms of a sum


def pattern(stage: str) -> str:
    """A stage's name with `{i}` for its layer's number."""
    return re.sub(r"(?<=encoder\.layer\.)\d+", "{i}", stage)


def states(scene: Scene, width: int) -> dict[str, Tensor]:
    """The tensors of a width, (batch, seq, width), that came before a stage.

    Those of the stage's layer, what the layer is given, the embeddings, and the layer before.
    """
    found = {"the layer's input": scene.layer_input} if scene.layer else {}
    for name, tensor in scene.made.items():
        within = name.startswith(f"{scene.layer}.") if scene.layer else True
        if (within or name.startswith("embeddings")) and tensor.dim() == 3:
            found[name.removeprefix(f"{scene.layer}.") if scene.layer else name] = tensor
    return {name: each for name, each in found.items() if each.shape[-1] == width}


def state(scene: Scene, name: str) -> Tensor:
    """Return one of `states` by its name."""
    return scene.layer_input if name == "the layer's input" else scene[name]


def sums(measured: Measured) -> Found:
    """A weighted sum of at most three tensors that came before."""
    scene, ours, tokens = measured.scene, measured.ours, measured.tokens
    terms = {
        name: tensor
        for name, tensor in states(scene, ours.shape[-1]).items()
        if tensor.shape[1:] == ours.shape[1:] and tensor.shape[0] in (1, ours.shape[0])
    }
    flat = {name: tensor.expand_as(ours)[tokens] for name, tensor in terms.items()}
    target = ours[tokens]
    if not target.isfinite().all():
        return
    for size in range(1, _LARGEST + 1):
        for names in combinations(flat, size):
            columns = torch.stack([flat[name] for name in names], 1)
            factors = torch.linalg.lstsq(columns, target[:, None]).solution.flatten()
            nice = torch.tensor([_nice(float(f), measured) for f in factors], dtype=ours.dtype)
            if (nice == 0).any() or not measured.same(target, columns @ nice):
                continue
            yield _sum(measured.scene.stage, dict(zip(names, nice.tolist(), strict=True)))


def _nice(number: float, measured: Measured) -> float:
    """The multiple of one half that a number is, if it is one."""
    rounded = round(number * 2) / 2
    return rounded if abs(number - rounded) < 100 * measured.rounding else number


def _sum(stage: str, factors: Mapping[str, float]) -> Mistake:
    told = " + ".join(
        name if factor == 1 else f"{factor:.6g} · {name}" for name, factor in factors.items()
    )

    def wrong(scene: Scene) -> Tensor:
        return sum(factor * state(scene, name) for name, factor in factors.items())  # type: ignore[return-value]

    place = pattern(stage)
    here = place.removeprefix(f"{_LAYER}.")
    return mistake("sum-of-other-terms", f"{here} is {told}", _FIX, [place], wrong)


Take = Callable[[Scene, Tensor], Tensor]

_NORMS_OF_A_LAYER = ("attention.output.LayerNorm", "output.LayerNorm")


def _once_more(norm: str) -> Take:
    return lambda scene, x: scene.norm(x, norm)


_TOKENS: dict[str, Take] = {  # which token of (batch, seq, hidden) is taken
    "of the first token": lambda _, x: x[:, 0],
    "of the last token": lambda _, x: x[:, -1],
    "of the second token": lambda _, x: x[:, min(1, x.shape[1] - 1)],
    "of the first token of the row before": lambda _, x: x[:, 0].roll(1, 0),
    "of the first token of the next row": lambda _, x: x[:, 0].roll(-1, 0),
    "of the first token of the first row": lambda _, x: x[:1, 0].expand_as(x[:, 0]),
    "of the first token, with features shifted by one": lambda _, x: x[:, 0].roll(1, -1),
    "of the first token, with features shifted back by one": lambda _, x: x[:, 0].roll(-1, -1),
    "of the first token, after roll(1) of all numbers": lambda _, x: x.roll(1)[:, 0],
    "of the first token, after roll(-1) of all numbers": lambda _, x: x.roll(-1)[:, 0],
    "of the mean of all tokens": lambda _, x: x.mean(1),
    "of the largest number of each feature": lambda _, x: x.amax(1),
    "of the sum of all tokens": lambda _, x: x.sum(1),
}
_MOVES: dict[str, Take] = {
    "": lambda _, x: x,
    "shifted by one token": lambda _, x: x.roll(1, 1),
    "shifted back by one token": lambda _, x: x.roll(-1, 1),
    "of the row before": lambda _, x: x.roll(1, 0),
    "of the next row": lambda _, x: x.roll(-1, 0),
    "with features shifted by one": lambda _, x: x.roll(1, -1),
    "with tokens in the opposite order": lambda _, x: x.flip(1),
}
_NORMALIZED = {f"normalized once more by {name}": _once_more(name) for name in _NORMS_OF_A_LAYER}


def linears(measured: Measured) -> Found:
    """A linear layer: of which input, with which matrix, and with how much of which bias."""
    scene, ours = measured.scene, measured.ours
    where = measured.tokens.any(-1)
    target = ours[where]
    matrices = {
        name.removesuffix(".weight"): weight
        for name, weight in scene.parameters.items()
        if weight.dim() == 2 and weight.shape[0] == ours.shape[-1]
    }
    for source, take, given in _inputs(scene, ours):
        for name, weight in matrices.items():
            for turned in (False, True):
                matrix = weight.T if turned else weight
                if matrix.shape != (ours.shape[-1], given.shape[-1]):
                    continue
                if turned and matrix.shape[0] != matrix.shape[1]:
                    continue
                rest = target - given.expand(*ours.shape[:-1], -1)[where] @ matrix.T
                off = (rest - rest[:1]).abs().max()
                if len(rest) > 1 and not off <= measured.rounding * target.abs().max():
                    continue
                for bias, times in _bias(measured, rest[0], name):
                    if scene.layer and (other := _layer_of(scene, name, bias, times)):
                        yield _whole_layer(int(other))
                    yield _linear(scene, source, take, name, turned, bias, times)


def _layer_of(scene: Scene, name: str, bias: str, times: float) -> str:
    """The number of the other layer whose matrix and bias stand here; "" if it is not so."""
    own = re.escape(scene.stage.removeprefix(f"{scene.layer}."))
    found = re.fullmatch(rf"encoder\.layer\.(\d+)\.{own}", name)
    whole = found and found[1] != str(scene.number) and bias == f"{name}.bias" and times == 1
    return found[1] if found and whole else ""


def _whole_layer(number: int) -> Mistake:
    told = f"the layer has the weights of layer {number}"
    fix = "layer i of the file is layer i of the model, from 0 on"
    found = mistake(
        "layer-of-another", told, fix, STAGES_OF_A_LAYER, lambda scene: by_layer(scene, number)
    )
    return replace(found, together=True)


def _inputs(scene: Scene, ours: Tensor) -> Iterator[tuple[str, tuple[str, Take], Tensor]]:
    """What may go into a linear layer."""
    layers = scene.config["num_hidden_layers"]
    if scene.layer:
        sources = _every_state(scene)
        kinds = _MOVES | _NORMALIZED
    else:
        sources = [f"encoder.layer.{i}" for i in reversed(range(layers))]
        sources += [
            n for n in ("pooler.dense", "pooler", "cls.predictions.transform") if n in scene.made
        ]
        kinds = _TOKENS if ours.dim() == 2 else _MOVES
    for source in sources:
        tensor = state(scene, source)
        if tensor.dim() == ours.dim():
            yield source, ("", lambda _, x: x), tensor
        if tensor.dim() == 3:
            fits = tensor.shape[-1] == scene.config["hidden_size"]
            for told, take in kinds.items():
                if told and (fits or told not in _NORMALIZED):
                    yield source, (told, take), take(scene, tensor)


def _is_input(scene: Scene, source: str) -> bool:
    """Whether that is what goes into the stage's layer in BERT."""
    given = state(scene, source)
    given = given[:, 0] if scene.stage.startswith("pooler") else given
    return given.shape == scene.input.shape and torch.equal(given, scene.input)


def _every_state(scene: Scene) -> list[str]:
    return ["the layer's input"] + [
        name.removeprefix(f"{scene.layer}.")
        for name, tensor in scene.made.items()
        if name.startswith(f"{scene.layer}.") and tensor.dim() == 3
    ]


def _bias(measured: Measured, rest: Tensor, name: str) -> Iterator[tuple[str, float]]:
    """Which bias a vector is, and how often."""
    scene, own = measured.scene, f"{name}.bias"
    if bool(rest.abs().max() < measured.rounding * measured.ours.abs().max()):
        yield own, 0.0
    others = [each for each in scene.parameters if each.endswith("bias") and each != own]
    for bias in ([own] if own in scene.parameters else []) + others:
        vector = scene.parameters[bias]
        if vector.shape == rest.shape and bool(vector.any()):
            times = _nice(float(rest.dot(vector) / vector.dot(vector)), measured)
            if times and measured.same(rest, vector * times):
                yield bias, times


def _linear(
    scene: Scene,
    source: str,
    take: tuple[str, Take],
    name: str,
    turned: bool,
    bias: str,
    times: float,
) -> Mistake:
    """Put the parts of a linear layer together; names of the stage's own layer stay relative."""
    own = scene.stage.removeprefix(f"{scene.layer}.")
    matrix, vector = (each.removeprefix(f"{scene.layer}.") for each in (name, bias))
    told = []
    if take[0] or not _is_input(scene, source):
        told.append(f"the input is {source} {take[0]}".strip())
    if turned or matrix != own:
        told.append(f"the matrix is {'the transpose of ' if turned else ''}{matrix}'s")
    if times != 1 or vector != f"{matrix}.bias":
        often = "" if times == 1 else f", {times:.6g} times"
        told.append(f"the bias is {vector}{often}" if times else "there is no bias")

    def wrong(scene: Scene) -> Tensor:
        weight = scene.parameter(f"{matrix}.weight")
        made = take[1](scene, state(scene, source)) @ (weight if turned else weight.T)
        return made + times * scene.parameter(vector) if times else made

    place = pattern(scene.stage)
    return mistake("linear-of-other-parts", f"in {own} {', '.join(told)}", _FIX, [place], wrong)
