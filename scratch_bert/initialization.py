"""The first numbers of a BERT, drawn from the random generator as HF draws them."""

import torch
from torch import Tensor, nn


def init_weights(module: nn.Module, std: float, only: set[Tensor] | None = None) -> None:
    """Draw fresh weights as HF does: N(0, std) matrices, zero biases, LayerNorm 1 and 0.

    The original draws from a normal truncated at two standard deviations and does not zero the
    padding row. Children come before their parent, in the order they were declared; that order
    and torch's own constructors before it decide which random number lands where.

    Args:
        module: whose parameters are drawn.
        std: `config.initializer_range`.
        only: parameters to draw; the others keep their values. None means all.
    """

    def wanted(parameter: Tensor) -> bool:
        return only is None or parameter in only

    @torch.no_grad()
    def draw(part: nn.Module) -> None:
        if isinstance(part, nn.Linear):
            if wanted(part.weight):
                part.weight.normal_(0.0, std)
            if wanted(part.bias):
                part.bias.zero_()
        elif isinstance(part, nn.Embedding) and wanted(part.weight):
            part.weight.normal_(0.0, std)
            if part.padding_idx is not None:
                part.weight[part.padding_idx].zero_()
        elif isinstance(part, nn.LayerNorm):
            if wanted(part.weight):
                part.weight.fill_(1.0)
            if wanted(part.bias):
                part.bias.zero_()

    module.apply(draw)
