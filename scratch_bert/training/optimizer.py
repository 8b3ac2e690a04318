"""AdamW: which parameters decay, and how Google's original differs from torch's AdamW.

>>> layer = nn.ModuleDict({"dense": nn.Linear(2, 2), "LayerNorm": nn.LayerNorm(2)})
>>> [name for name, parameter in layer.named_parameters() if decays(name, parameter)]
['dense.weight']
"""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from scratch_bert.training.run.layer_decay import rate_shares


def parameter_groups(
    model: nn.Module, weight_decay: float, layer_decay: float = 1.0
) -> list[dict[str, Any]]:
    """Group the parameters for an optimizer: all decay but biases and LayerNorms (HF `Trainer`).

    Args:
        model: parameters without gradients are left out.
        weight_decay: 0.01 in the paper (appendix A.2).
        layer_decay: below 1, lower layers learn more slowly (run/layer_decay.py).

    Returns:
        Groups with their parameters, `weight_decay` and `share` of the learning rate.
    """
    shares = rate_shares(model, layer_decay)
    groups: dict[tuple[float, bool], dict[str, Any]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            share, does_decay = shares[name], decays(name, parameter)
            own = weight_decay if does_decay else 0.0
            new = {"params": [], "weight_decay": own, "share": share}
            group = groups.setdefault((share, does_decay), new)
            group["params"].append(parameter)
    return [*groups.values()]


def decays(name: str, parameter: nn.Parameter) -> bool:  # noqa: ARG001
    """Tell whether a parameter decays (`exclude_from_weight_decay` in the original).

    Decay pulls parameters towards 0, against overfitting. A LayerNorm's gain starts at 1, not 0,
    and biases are few. Other programs go by the number of dimensions of `parameter` (unused here):
    two or more decay. In BERT the result is the same.
    """
    return not ("bias" in name or "LayerNorm" in name)


class OriginalAdamW(torch.optim.Optimizer):
    """google-research/bert's `AdamWeightDecayOptimizer`: AdamW without bias correction.

    >>> weight = nn.Parameter(torch.tensor([1.0]))
    >>> weight.grad = torch.tensor([0.5])
    >>> OriginalAdamW([weight], lr=0.1, weight_decay=0.0).step()
    >>> round(weight.item(), 3)  # AdamW's first step has the size of the learning rate: 0.9
    0.684

    The arguments are those of torch's AdamW.
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
        """Update the parameters that have a gradient; closures are not supported."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._update(parameter, parameter.grad, group)

    def _update(self, parameter: Tensor, gradient: Tensor, group: dict[str, Any]) -> None:
        state, (beta1, beta2) = self.state[parameter], group["betas"]
        if not state:
            state["mean"], state["square"] = (torch.zeros_like(parameter) for _ in range(2))
        mean, square = state["mean"], state["square"]
        # m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g²
        mean.mul_(beta1).add_(gradient, alpha=1 - beta1)
        square.mul_(beta2).addcmul_(gradient, gradient, value=1 - beta2)
        # Both means begin at 0. AdamW divides them by 1 - beta^t to make up for that. The original
        # does not: its steps are up to 6.6 times as large (at step 12), but small in a warm-up.
        update = mean / (square.sqrt() + group["eps"])
        # Decoupled decay: added after Adam's division. As part of the gradient (L2) it would be
        # divided, too: weights with large gradients would decay less (Loshchilov and Hutter, 2019).
        update = update + group["weight_decay"] * parameter
        parameter.sub_(group["lr"] * update)
