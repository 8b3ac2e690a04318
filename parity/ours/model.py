"""scratch_bert's model as the first candidate, with padding and without."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from torch import Tensor, nn

import scratch_bert
from parity.core.stages import reference_points
from scratch_bert.model.packed.packing import Packing
from scratch_bert.weights.config_file import config_from_values
from scratch_bert.weights.initialization import WithoutNumbers


class ScratchBert:
    """Builds the class of scratch_bert that has a place for the weights."""

    def build(self, config: dict[str, Any], weights: Mapping[str, Tensor]) -> nn.Module:
        """Build it around the weights; HF's names are its own."""
        values, model = config_from_values(config), nn.Module()
        with WithoutNumbers():
            if {"cls.predictions.bias", "cls.seq_relationship.weight"} <= weights.keys():
                model = scratch_bert.BertForPreTraining(values)
            else:
                pooler = "pooler.dense.weight" in weights
                model = scratch_bert.BertModel(values, add_pooling_layer=pooler)
        names = {name.removeprefix("bert."): name for name in model.state_dict()}
        found = {names[name]: tensor for name, tensor in weights.items() if name in names}
        model.load_state_dict(found, strict=False, assign=True)
        model.tie_weights()  # which have one name in the files
        return model

    def forward(self, model: nn.Module, batch: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """Run a batch with the attention that has scores to look at."""
        return vars(model(**batch, attention="eager"))


class PackedBert(ScratchBert):
    """The same with attention="packed", which other operations compute, and no padding."""

    _packing: Packing

    def build(self, config: dict[str, Any], weights: Mapping[str, Tensor]) -> nn.Module:
        """Build it, and look where its tokens are whenever it runs."""
        model = super().build(config, weights)
        encoder = model.get_submodule("bert.encoder" if hasattr(model, "bert") else "encoder")
        encoder.register_forward_pre_hook(self._look)
        points = reference_points(name for name, _ in model.named_modules())
        self.stages = {
            name: replace(stage, take=self._take, put=self._put)
            if name.startswith(("encoder.", "cls.predictions"))
            else stage
            for name, stage in points.items()
            if stage.side not in ("scores", "probabilities")
        }
        return model

    def forward(self, model: nn.Module, batch: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """Run a batch."""
        return vars(model(**batch, attention="packed"))

    def _look(self, _: nn.Module, inputs: tuple[Any, ...]) -> None:
        self._packing = inputs[1].packing

    def _take(self, packed: Tensor) -> Tensor:
        return self._packing.unpack(packed)

    def _put(self, packed: Tensor, numbers: Tensor) -> Tensor:
        return packed.copy_(self._packing.pack(numbers))
