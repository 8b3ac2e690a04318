"""Layer-wise learning-rate decay, and frozen layers: both go by a parameter's depth."""

import re

from torch import nn

from scratch_bert.model.encoder import BertLayer

_LAYER = re.compile(r"encoder\.layer\.(\d+)\.")


def depth(name: str, layers: int) -> int:
    """Return 0 for the embeddings, 1 for the first layer, and layers + 1 for pooler and heads.

    >>> names = ["bert.embeddings.LayerNorm.bias", "bert.encoder.layer.1.output.dense.weight"]
    >>> [depth(name, layers=2) for name in (*names, "bert.pooler.dense.bias", "classifier.bias")]
    [0, 2, 3, 3]
    """
    if found := _LAYER.search(name):
        return 1 + int(found[1])
    return 0 if "embeddings." in name else layers + 1


def number_of_layers(model: nn.Module) -> int:
    """Count the layers of a model's encoder."""
    return sum(isinstance(module, BertLayer) for module in model.modules())


def rate_shares(model: nn.Module, layer_decay: float) -> dict[str, float]:
    """Return each parameter's share of the learning rate; each layer has less than the next one.

    Args:
        model: a BERT, with or without a head.
        layer_decay: a layer's learning rate, divided by that of the layer above it (ULMFiT's
            discriminative fine-tuning, Howard and Ruder, 2018, section 3.2).
    """
    layers = number_of_layers(model)
    return {
        name: layer_decay ** (layers + 1 - depth(name, layers))
        for name, _ in model.named_parameters()
    }


def freeze(model: nn.Module, layers: int | None) -> None:
    """Keep the embeddings and the first layers as they are, without gradients; None keeps none."""
    if layers is None:
        return
    number = number_of_layers(model)
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(depth(name, number) > layers)
