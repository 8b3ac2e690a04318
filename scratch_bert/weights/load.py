"""From a checkpoint's files into a model and back, with an account of every tensor."""

import json
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from scratch_bert.config import BertConfig
from scratch_bert.errors import CheckpointError
from scratch_bert.files import write_text
from scratch_bert.weights.config_file import config_values
from scratch_bert.weights.files import SAFETENSORS, read_weights, write_weights
from scratch_bert.weights.initialization import init_weights
from scratch_bert.weights.names import canonical_weights

# Saved by older versions of HF beside the weights; the model computes them.
_BUFFERS = ("embeddings.position_ids", "embeddings.token_type_ids")


@dataclass(frozen=True)
class LoadReport:
    """What became of every tensor of a checkpoint and of every parameter of the model.

    Attributes:
        loaded: parameters that took their values from the checkpoint; a tied pair counts once.
        renamed: file's name → parameter, where the two differ by more than `bert.` in front.
        missing: parameters the checkpoint has no tensor for; drawn afresh.
        wrong_shape: parameter → (shape in the file, shape in the model); drawn afresh.
        unexpected: tensors of the file the model has no place for.
        ignored: buffers older versions of HF saved along.
        untied: pairs that should be one parameter and differ in the file, so were left apart.
    """

    loaded: tuple[str, ...]
    renamed: dict[str, str]
    missing: tuple[str, ...]
    wrong_shape: dict[str, tuple[tuple[int, ...], tuple[int, ...]]]
    unexpected: tuple[str, ...]
    ignored: tuple[str, ...]
    untied: tuple[str, ...]

    def __str__(self) -> str:
        counts = {
            "missing, drawn afresh": self.missing,
            "of the wrong shape, drawn afresh": self.wrong_shape,
            "unexpected": self.unexpected,
            "ignored": self.ignored,
            "untied": self.untied,
        }
        lines = [f"{len(self.loaded)} loaded, {len(self.renamed)} of them renamed"]
        lines += [f"{len(n)} {what}: {', '.join(n)}" for what, n in counts.items() if n]
        return "\n".join(lines)


def load_weights(
    model: nn.Module,
    config: BertConfig,
    tied: Mapping[str, str],
    folder: Path,
    dtype: torch.dtype | str | None,
    strict: bool,
) -> LoadReport:
    """Give a model built on the meta device its parameters; tied copies are the caller's to tie.

    Raises:
        CheckpointError: see `BertPreTrainedModel.from_pretrained`.
    """
    weights = canonical_weights(read_weights(folder), folder)
    dtype = _dtype_of(dtype, config.extra, weights, folder)
    untied = _untie(tied, weights, dtype)

    parameters = dict(model.named_parameters(remove_duplicate=False))
    known = {name.removeprefix("bert.") for name in parameters}
    loaded: dict[str, Tensor] = {}
    missing, wrong_shape, renamed = [], {}, {}
    taken: set[int] = set()
    for name, parameter in parameters.items():
        canonical = name.removeprefix("bert.")
        if name in tied and name not in untied:
            continue
        if canonical not in weights:
            missing.append(name)
            continue
        in_file, tensor = weights[canonical]
        if tensor.shape != parameter.shape:
            wrong_shape[name] = tuple(tensor.shape), tuple(parameter.shape)
            continue
        if not tensor.is_floating_point():
            raise CheckpointError(f"{folder}: {in_file} is {tensor.dtype}, expected floating point")
        values = tensor.to(dtype).contiguous()
        # A .bin can hold one memory under two names; parameters that are not tied must not share.
        loaded[name] = values.clone() if values.data_ptr() in taken else values
        taken.add(values.data_ptr())
        if in_file.removeprefix("bert.") != canonical:
            renamed[in_file] = name
    left = {name: in_file for name, (in_file, _) in weights.items() if name not in known}
    report = LoadReport(
        loaded=tuple(loaded),
        renamed=renamed,
        missing=tuple(missing),
        wrong_shape=wrong_shape,
        unexpected=tuple(in_file for name, in_file in left.items() if name not in _BUFFERS),
        ignored=tuple(in_file for name, in_file in left.items() if name in _BUFFERS),
        untied=tuple(untied),
    )
    _refuse(report, folder, strict)

    drawn = (*missing, *wrong_shape)
    fresh = {name: torch.zeros(parameters[name].shape, dtype=dtype) for name in drawn}
    _assign(model, loaded | fresh)
    if fresh:
        only: set[Tensor] = {model.get_parameter(name) for name in fresh}
        init_weights(model, config.initializer_range, only)
        warnings.warn(
            f"{folder}: {type(model).__name__} has {len(fresh)} weights that were not loaded but "
            f"drawn afresh: {', '.join(fresh)}. Train before you rely on them.",
            stacklevel=3,
        )
    return report


def _assign(model: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    """Make each tensor itself, not a copy of it, the parameter of that name."""
    modules = dict(model.named_modules())
    for name, tensor in tensors.items():
        module, _, leaf = name.rpartition(".")
        setattr(modules[module], leaf, nn.Parameter(tensor))


def _dtype_of(
    asked: torch.dtype | str | None,
    extra: Mapping[str, object],
    weights: Mapping[str, tuple[str, Tensor]],
    folder: Path,
) -> torch.dtype:
    named = asked or extra.get("dtype") or extra.get("torch_dtype")
    if named is None:
        kinds = (t.dtype for _, t in weights.values() if t.is_floating_point())
        return next(kinds, torch.get_default_dtype())
    dtype = getattr(torch, str(named).removeprefix("torch."), None)
    if not isinstance(dtype, torch.dtype) or not dtype.is_floating_point:
        raise CheckpointError(f"{folder}: dtype is {named!r}, expected one such as float32")
    return dtype


def _untie(
    tied: Mapping[str, str], weights: dict[str, tuple[str, Tensor]], dtype: torch.dtype
) -> list[str]:
    """Part tied parameters that differ in the file; where it has only the copy, take that."""
    untied = []
    for copy, original in tied.items():
        a, b = copy.removeprefix("bert."), original.removeprefix("bert.")
        if a in weights and b in weights:
            if not torch.equal(weights[a][1].to(dtype), weights[b][1].to(dtype)):
                untied.append(copy)
        elif a in weights:
            weights[b] = weights[a]
    if untied:
        warnings.warn(
            f"{', '.join(untied)}: the file has other values than where this should be tied to, so "
            "it was left apart",
            stacklevel=4,
        )
    return untied


def _refuse(report: LoadReport, folder: Path, strict: bool) -> None:
    if not strict:
        return
    body = [
        n for n in report.missing if n.removeprefix("bert.").startswith(("embeddings", "encoder"))
    ]
    if body:
        names = ", ".join([*body[:5], "…"][: len(body)])
        raise CheckpointError(
            f"{folder}: lacks {len(body)} encoder weights: {names}. Is it a BERT of this "
            "configuration? strict=False draws them afresh"
        )
    for name, (in_file, in_model) in report.wrong_shape.items():
        raise CheckpointError(
            f"{folder}: {name} has shape {in_file}, expected {in_model} by config.json and the "
            "call; strict=False draws it afresh"
        )


def save_weights(
    model: nn.Module, config: BertConfig, tied: Mapping[str, str], folder: Path
) -> None:
    """Write a model as HF does: each tied parameter once, under its original's name."""
    state = {n: t for n, t in model.state_dict().items() if n not in tied}
    kinds = {str(t.dtype).removeprefix("torch.") for t in state.values()}
    values = {
        **config_values(config),
        "architectures": [type(model).__name__],
        "dtype": sorted(kinds)[0],
    }
    values.pop("torch_dtype", None)
    if folder.is_file():
        raise CheckpointError(f"{folder}: is a file, expected a folder to save into")
    write_weights(state, folder / SAFETENSORS)
    text = json.dumps(values, indent=2, sort_keys=True) + "\n"
    write_text(folder / "config.json", text)
