"""Correct BERTs written in other ways: scratch_bert with its stages elsewhere, or hidden."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from parity.core.stages import OUTPUTS, Stage
from parity.ours.model import PackedBert
from parity.self_test.mutants import MutantModel

_LAYER = "encoder.layer.{i}"
_SELF = f"{_LAYER}.attention.self"


class _Sdpa(MutantModel):
    """torch's fused attention, which has no scores."""

    def forward(self, model: nn.Module, batch: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        return vars(model(**batch, attention="sdpa"))


class _Checkpointed(MutantModel):
    """Layers computed anew for the backward pass."""

    def build(self, config: dict[str, Any], weights: Mapping[str, Tensor]) -> nn.Module:
        model = super().build(config, weights)
        for layer in model.get_submodule("bert.encoder.layer").children():
            layer.gradient_checkpointing = True  # type: ignore[assignment]
        return model


class _Single(MutantModel):
    """Single precision, and nothing else."""

    unsupported = ("float64",)

    def build(self, config: dict[str, Any], weights: Mapping[str, Tensor]) -> nn.Module:
        return super().build(config, weights).float()


class _Joined(nn.Module):
    """Query, key and value of a layer in one matrix."""

    def __init__(self, attention: Any, heads: int) -> None:
        super().__init__()
        parts = [attention.get_submodule(name) for name in ("query", "key", "value")]
        hidden = parts[0].out_features
        self.together = nn.Linear(hidden, 3 * hidden)
        for each in ("weight", "bias"):
            numbers = torch.cat([getattr(part, each).detach() for part in parts])
            getattr(self.together, each).data = numbers
        self.heads = heads
        self.dropout = attention.dropout

    def forward(self, states: Tensor, plan: Any) -> Tensor:
        """Attend, as scratch_bert's does."""
        batch, seq, _ = states.shape
        joined = self.together(states).view(batch, seq, 3, self.heads, -1)
        query, key, value = joined.permute(2, 0, 3, 1, 4)
        scores = query @ key.transpose(2, 3) / math.sqrt(query.shape[-1])
        probabilities = (scores if plan.mask is None else scores + plan.mask).softmax(-1)
        mixed = self.dropout(probabilities) @ value
        return mixed.transpose(1, 2).reshape(states.shape)


class _Fused(MutantModel):
    """One matrix for query, key and value."""

    def build(self, config: dict[str, Any], weights: Mapping[str, Tensor]) -> nn.Module:
        model = super().build(config, weights)
        for layer in model.get_submodule("bert.encoder.layer").children():
            attention: Any = layer.attention
            attention.self = _Joined(attention.self, config["num_attention_heads"])
        return model

    @property
    def stages(self) -> dict[str, Stage]:
        """Where query, key and value are."""
        here = "bert.encoder.layer.{i}.attention.self"
        found = {
            f"{_SELF}.{name}": Stage(f"{here}.together", "out", _third(number))
            for number, name in enumerate(("query", "key", "value"))
        }
        found[f"{_SELF}.scores"] = Stage(here, "scores")
        found[f"{_SELF}.probabilities"] = Stage(here, "probabilities")
        found[_SELF] = Stage(here)
        found[_LAYER] = Stage("bert.encoder.layer.{i}")
        return found


def _third(number: int) -> Callable[[Tensor], Tensor]:
    return lambda joined: joined.chunk(3, -1)[number]


class _Inside(nn.Module):
    """A model that shows nothing but its outputs."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.inside = model


class _Hidden(MutantModel):
    """Runs batches in a way of its own; a subclass says how."""

    def build(self, config: dict[str, Any], weights: Mapping[str, Tensor]) -> nn.Module:
        self.positions: int = config["max_position_embeddings"]
        return _Inside(super().build(config, weights))

    def run(self, model: nn.Module, batch: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """Run a batch on scratch_bert."""
        outputs = vars(model.inside(**batch, attention="eager"))  # type: ignore[operator]
        return {name: outputs[name] for name in OUTPUTS if outputs.get(name) is not None}


class _Compiled(_Hidden):
    """Through torch.compile, as far as it needs no C++ compiler."""

    unsupported = ("dropout", "gradients", "bfloat16", "float16")  # it is compiled anew for each

    def build(self, config: dict[str, Any], weights: Mapping[str, Tensor]) -> nn.Module:
        model: Any = super().build(config, weights)
        model.inside = torch.compile(model.inside, backend="aot_eager", dynamic=True)
        return _Inside(model.inside)

    forward = _Hidden.run


class _RowByRow(_Hidden):
    """Each row of the batch alone and without its padding, where that stands at the end."""

    def forward(self, model: nn.Module, batch: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        rows, seq = batch["input_ids"].shape
        mask = batch["attention_mask"] if "attention_mask" in batch else torch.ones(rows, seq)
        found: dict[str, list[Tensor]] = {}
        for i in range(rows):
            length = int(mask[i].nonzero().max()) + 1
            row = {
                name: (tensor[i : i + 1] if len(tensor) == rows else tensor)[:, :length]
                for name, tensor in ((name, batch[name]) for name in batch)
            }
            for name, output in self.run(model, row).items():
                padded = F.pad(output, (0, 0, 0, seq - length)) if output.dim() == 3 else output
                found.setdefault(name, []).append(padded)
        return {name: torch.cat(outputs) for name, outputs in found.items()}


class _PaddedFurther(_Hidden):
    """Padded to a multiple of eight, and cut again."""

    def forward(self, model: nn.Module, batch: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        ids = batch["input_ids"]
        seq = ids.shape[1]
        tensors = {"attention_mask": torch.ones_like(ids), **{name: batch[name] for name in batch}}
        more = max(0, min(-seq % 8, self.positions - seq))
        outputs = self.run(model, {name: F.pad(t, (0, more)) for name, t in tensors.items()})
        return {name: t[:, :seq] if t.dim() == 3 else t for name, t in outputs.items()}


class _LastRowFirst(_Hidden):
    """The batch in the opposite order."""

    unsupported = ("dropout",)  # each row is given another's mask

    def forward(self, model: nn.Module, batch: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        outputs = self.run(model, {name: batch[name].flip(0) for name in batch})
        return {name: tensor.flip(0) for name, tensor in outputs.items()}


MODELS: dict[str, Callable[[], Any]] = {
    "as it stands": MutantModel,
    "torch's fused attention": _Sdpa,
    "layers computed anew for the backward pass": _Checkpointed,
    "single precision": _Single,
    "query, key and value in one matrix": _Fused,
    "torch.compile": _Compiled,
    "packed batches": PackedBert,
    "each row alone, without padding": _RowByRow,
    "padding to a multiple of eight": _PaddedFurther,
    "the batch in the opposite order": _LastRowFirst,
}
