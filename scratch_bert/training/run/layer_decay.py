"""How high in a model a parameter is: what lies low can stay as it is, or learn slowly."""

import re

from torch import nn

from scratch_bert.model.encoder import BertLayer

_LAYER = re.compile(r"encoder\.layer\.(\d+)\.")


def height(name: str, layers: int) -> int:
    """Return 0 for the embeddings, 1 for the first layer, and one more than the last for the rest.

    >>> names = ["bert.embeddings.LayerNorm.bias", "bert.encoder.layer.1.output.dense.weight"]
    >>> [height(name, layers=2) for name in (*names, "bert.pooler.dense.bias", "classifier.bias")]
    [0, 2, 3, 3]
    """
    if found := _LAYER.search(name):
        return 1 + int(found[1])
    return 0 if "embeddings." in name else layers + 1


def number_of_layers(model: nn.Module) -> int:
    """Count the layers of a model's encoder."""
    return sum(isinstance(module, BertLayer) for module in model.modules())


def freeze(model: nn.Module, layers: int) -> None:
    """Let the embeddings and the first layers stay as they are: they get no gradient."""
    number = number_of_layers(model)
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(height(name, number) > layers)
