"""The original's AdamW, and which parameters decay; HF's AdamW is torch's."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from scratch_bert.training.run.layer_decay import height, number_of_layers


def parameter_groups(
    model: nn.Module, weight_decay: float, layer_decay: float = 1.0
) -> list[dict[str, Any]]:
    """Let all decay but biases and LayerNorms (paper: appendix A.2; HF `Trainer`).

    Args:
        model: those of its parameters that get no gradient are left out.
        weight_decay: of those that decay.
        layer_decay: what each layer's learning rate is to that of the one above it (ULMFiT's
            discriminative fine-tuning, Howard and Ruder 2018, section 3.2).

    Returns:
        Groups for an optimiser; `share` is of the learning rate.
    """
    groups: dict[tuple[float, float], dict[str, Any]] = {}
    layers = number_of_layers(model)
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        decaying = decays(name, parameter)
        own = weight_decay if decaying else 0.0
        share = layer_decay ** (layers + 1 - height(name, layers))
        new: dict[str, Any] = {"params": [], "weight_decay": own, "share": share}
        groups.setdefault((share, decaying), new)["params"].append(parameter)
    return [*groups.values()]


def decays(name: str, parameter: nn.Parameter) -> bool:  # noqa: ARG001
    """Whether a parameter decays: all do but biases and LayerNorms."""
    return not ("bias" in name or "LayerNorm" in name)


class OriginalAdamW(torch.optim.Optimizer):
    """google-research/bert's `AdamWeightDecayOptimizer`: AdamW that corrects no bias.

    Its first steps are larger than AdamW's, hence the warm-up.

    Args:
        params: parameters or groups of them.
        lr: learning rate.
        betas: of the mean of gradients and of that of their squares.
        eps: added to the root.
        weight_decay: share of a parameter that the learning rate takes.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-6,
        weight_decay: float = 0.01,
    ) -> None:
        settings = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, settings)

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]  # noqa: ARG002
        """Take a step; who evaluates the model several times in one needs another optimiser."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._move(parameter, parameter.grad, group)

    def _move(self, parameter: Tensor, gradient: Tensor, group: dict[str, Any]) -> None:
        state, (beta1, beta2) = self.state[parameter], group["betas"]
        if not state:
            state["mean"], state["square"] = (torch.zeros_like(parameter) for _ in range(2))
        mean, square = state["mean"], state["square"]
        mean.mul_(beta1).add_(gradient, alpha=1 - beta1)
        square.mul_(beta2).addcmul_(gradient, gradient, value=1 - beta2)
        update = mean / (square.sqrt() + group["eps"]) + group["weight_decay"] * parameter
        parameter.sub_(group["lr"] * update)
