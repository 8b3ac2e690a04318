"""The first numbers of a BERT, drawn from the random generator as HF draws them; or none yet."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode


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
    if only is None and any(parameter.is_meta for parameter in module.parameters()):
        return

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


class WithoutNumbers(TorchFunctionMode):
    """While entered, modules are built of shapes only, for weights that are put in afterwards.

    Their parameters are on the meta device, and torch's initializers are passed over: they would
    draw nothing there, slowly.
    """

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func in _INITIALIZERS:
            return args[0] if args else kwargs["tensor"]
        if func in _MAKERS:
            kwargs = {**kwargs, "device": "meta"}
        return func(*args, **kwargs)


_MAKERS = {torch.empty, torch.zeros}
_INITIALIZERS = {
    nn.init.kaiming_uniform_,
    nn.init.uniform_,
    nn.init.normal_,
    nn.init.ones_,
    nn.init.zeros_,
}
