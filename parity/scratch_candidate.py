"""scratch_bert's model as the first candidate."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

import scratch_bert
from scratch_bert.config_file import config_from_values


class ScratchBert:
    """Builds the class of scratch_bert that has a place for the weights."""

    def build(self, config: dict[str, Any], weights: Mapping[str, Tensor]) -> nn.Module:
        """Build it and copy the weights; HF's names are its own."""
        values, model = config_from_values(config), nn.Module()
        if {"cls.predictions.bias", "cls.seq_relationship.weight"} <= weights.keys():
            model = scratch_bert.BertForPreTraining(values)
        else:
            pooler = "pooler.dense.weight" in weights
            model = scratch_bert.BertModel(values, add_pooling_layer=pooler)
        names = {name.removeprefix("bert."): name for name in model.state_dict()}
        found = {names[name]: tensor for name, tensor in weights.items() if name in names}
        model.load_state_dict(found, strict=False)  # tied weights have one name in the files
        return model

    def forward(self, model: nn.Module, batch: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """Run a batch with the attention that has scores to look at."""
        return vars(model(**batch, attention="eager"))
