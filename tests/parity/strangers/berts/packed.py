"""Fused's model run on each sequence alone; it returns the masked words' log-probabilities."""

from typing import ClassVar

from torch import nn
from torch.nn import functional as F

from tests.parity.strangers.berts.fused import FusedModel
from tests.parity.strangers.berts.shared import Sizes, broken, linear, norm

__getattr__ = broken(globals())


class PackedModel(nn.Module):
    """Zeros where there is padding."""

    def __init__(self, sizes, weights, faults):
        super().__init__()
        self.bert = FusedModel(sizes, weights, faults)
        names = ("transform.dense", "transform.LayerNorm")
        dense, gains = (
            [weights[f"cls.predictions.{name}.{x}"] for x in ("weight", "bias")] for name in names
        )
        self.transform, self.gains = linear(*dense), norm(*gains, sizes.eps)
        self.bias = nn.Parameter(weights["cls.predictions.bias"].clone())

    def forward(self, input_ids, attention_mask, token_type_ids=None):
        output = self.bias.new_zeros(*input_ids.shape, self.bias.shape[0])
        for row, ids in enumerate(input_ids):
            places = attention_mask[row].nonzero()[:, 0]
            kinds = None if token_type_ids is None else token_type_ids[row, places][None]
            x, _ = self.bert(ids[places][None], None, kinds, places[None])
            x = self.gains(F.gelu(self.transform(x)))
            logits = x @ self.bert.embed.words.weight.T + self.bias
            output[row, places] = logits[0].log_softmax(-1)
        return {"log_probabilities": output}


class Packed:
    """No stages; a mask it cannot do without."""

    faults: ClassVar = {}

    def build(self, config, weights):
        return PackedModel(Sizes.of(config), weights, self.faults)
