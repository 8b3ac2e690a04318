"""Every layout BERT weights come in ↔ one state dict.

The same tensor has been called `bert/encoder/layer_0/output/LayerNorm/gamma` (TensorFlow),
`bert.encoder.layer.0.output.LayerNorm.gamma` (the hub's bert-base-uncased), and
`encoder.layer.0.output.LayerNorm.weight` (a bare BertModel). Here it is brought to the last of
these; a model with a head has `bert.` in front again. Every tensor of the file is accounted for.
"""

import json
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from scratch_bert.errors import CheckpointError
from scratch_bert.initialization import init_weights
from scratch_bert.weight_files import SAFETENSORS, read_weights, replace, write_weights

if TYPE_CHECKING:
    from scratch_bert.pretrained import BertPreTrainedModel

_TENSORFLOW_PLACES = {
    "cls.predictions.output_bias": "cls.predictions.bias",
    "cls.seq_relationship.output_weights": "cls.seq_relationship.weight",
    "cls.seq_relationship.output_bias": "cls.seq_relationship.bias",
    "cls.squad.output_weights": "qa_outputs.weight",
    "cls.squad.output_bias": "qa_outputs.bias",
    "output_weights": "classifier.weight",
    "output_bias": "classifier.bias",
}
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


def canonical_name(name: str) -> str:
    """Bring one tensor's name to HF's current one, without `bert.` in front.

    >>> canonical_name("bert/encoder/layer_0/attention/self/query/kernel")
    'encoder.layer.0.attention.self.query.weight'
    >>> canonical_name("bert.embeddings.LayerNorm.gamma")
    'embeddings.LayerNorm.weight'
    """
    if "/" in name or name in _TENSORFLOW_PLACES:
        name = re.sub(r"layer_(\d+)", r"layer.\1", name.removesuffix(":0").replace("/", "."))
        name = _TENSORFLOW_PLACES.get(name, name)
        name = re.sub(r"\.kernel$", ".weight", name)
        name = re.sub(r"(_embeddings)$", r"\1.weight", name)
    name = re.sub(r"LayerNorm\.gamma$", "LayerNorm.weight", name)
    name = re.sub(r"LayerNorm\.beta$", "LayerNorm.bias", name)
    return name.removeprefix("bert.")


def canonical_weights(found: Mapping[str, Tensor], folder: Path) -> dict[str, tuple[str, Tensor]]:
    """Return canonical name → (name in the file, tensor), TensorFlow's kernels transposed.

    Raises:
        CheckpointError: two tensors of the file come to the same name.
    """
    weights: dict[str, tuple[str, Tensor]] = {}
    for name, tensor in found.items():
        canonical = canonical_name(name)
        if canonical in weights:
            first = weights[canonical][0]
            raise CheckpointError(f"{folder}: {first} and {name} are both {canonical}")
        is_kernel = "/" in name and name.removesuffix(":0").endswith("/kernel")
        weights[canonical] = name, tensor.T if is_kernel else tensor
    return weights


def load_weights(
    model: "BertPreTrainedModel", folder: Path, dtype: torch.dtype | None, strict: bool
) -> None:
    """Give a model built on the meta device its parameters, and set its `load_report`.

    Raises:
        CheckpointError: see `BertPreTrainedModel.from_pretrained`.
    """
    weights = canonical_weights(read_weights(folder), folder)
    dtype = dtype or _dtype_of(model.config.extra, weights, folder)
    if not dtype.is_floating_point:
        raise CheckpointError(f"{folder}: dtype is {dtype}, expected a floating-point one")
    untied = _untie(model, weights, dtype)

    parameters = dict(model.named_parameters(remove_duplicate=False))
    known = {name.removeprefix("bert.") for name in parameters}
    loaded: dict[str, Tensor] = {}
    missing, wrong_shape, renamed = [], {}, {}
    taken: set[int] = set()
    for name, parameter in parameters.items():
        canonical = name.removeprefix("bert.")
        if name in model.tied:
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
    model.load_report = LoadReport(
        loaded=tuple(loaded),
        renamed=renamed,
        missing=tuple(missing),
        wrong_shape=wrong_shape,
        unexpected=tuple(in_file for name, in_file in left.items() if name not in _BUFFERS),
        ignored=tuple(in_file for name, in_file in left.items() if name in _BUFFERS),
        untied=tuple(untied),
    )
    _refuse(model.load_report, folder, strict)

    drawn = (*missing, *wrong_shape)
    fresh = {name: torch.zeros(parameters[name].shape, dtype=dtype) for name in drawn}
    _assign(model, loaded | fresh)
    if fresh:
        only: set[Tensor] = {model.get_parameter(name) for name in fresh}
        init_weights(model, model.config.initializer_range, only)
        warnings.warn(
            f"{folder}: {type(model).__name__} has {len(fresh)} weights that were not loaded but "
            f"drawn afresh: {', '.join(fresh)}. Train before you rely on them.",
            stacklevel=3,
        )
    model.tie_weights()


def _assign(model: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    """Make each tensor itself, not a copy of it, the parameter of that name."""
    modules = dict(model.named_modules())
    for name, tensor in tensors.items():
        module, _, leaf = name.rpartition(".")
        setattr(modules[module], leaf, nn.Parameter(tensor))


def _dtype_of(
    extra: Mapping[str, object], weights: Mapping[str, tuple[str, Tensor]], folder: Path
) -> torch.dtype:
    named = extra.get("dtype") or extra.get("torch_dtype")
    if named is not None:
        dtype = getattr(torch, str(named), None)
        if not isinstance(dtype, torch.dtype):
            raise CheckpointError(f"{folder / 'config.json'}: torch has no dtype {named!r}")
        return dtype
    kinds = (t.dtype for _, t in weights.values() if t.is_floating_point())
    return next(kinds, torch.get_default_dtype())


def _untie(
    model: "BertPreTrainedModel", weights: dict[str, tuple[str, Tensor]], dtype: torch.dtype
) -> list[str]:
    """Part tied parameters that differ in the file; where it has only the copy, take that."""
    untied = []
    for copy, original in list(model.tied.items()):
        a, b = copy.removeprefix("bert."), original.removeprefix("bert.")
        if a in weights and b in weights:
            if not torch.equal(weights[a][1].to(dtype), weights[b][1].to(dtype)):
                untied.append(copy)
                del model.tied[copy]
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


def save_weights(model: "BertPreTrainedModel", folder: Path) -> None:
    """Write a model as HF does: each tied parameter once, under its original's name."""
    state = {n: t for n, t in model.state_dict().items() if n not in model.tied}
    kinds = {str(t.dtype).removeprefix("torch.") for t in state.values()}
    values = {
        **model.config.to_dict(),
        "architectures": [type(model).__name__],
        "dtype": sorted(kinds)[0],
    }
    values.pop("torch_dtype", None)
    if folder.is_file():
        raise CheckpointError(f"{folder}: is a file, expected a folder to save into")
    write_weights(state, folder / SAFETENSORS)
    text = json.dumps(values, indent=2, sort_keys=True) + "\n"
    replace(folder / "config.json", lambda place: place.write_text(text, encoding="utf-8"))
