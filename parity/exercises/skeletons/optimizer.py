"""Exercise optimizer. The book's: scratch_bert/training/optimizer.py, and torch.optim.AdamW."""

from typing import Any

from torch import Tensor


def adamw_step(
    parameter: Tensor,
    gradient: Tensor,
    state: dict[str, Any],
    learning_rate: float,
    weight_decay: float,
) -> None:
    """Change a parameter by one step of AdamW (Loshchilov and Hutter, 2019, algorithm 2).

    m = β₁ m + (1 - β₁) g
    v = β₂ v + (1 - β₂) g²
    parameter -= learning_rate * (m / (1 - β₁ᵗ) / (√(v / (1 - β₂ᵗ)) + eps)
                                  + weight_decay * parameter)

    with β₁ = 0.9, β₂ = 0.999, eps = 1e-8. On the right stands the parameter before the step. m and
    v are zeros at first, and t, the number of the step, begins with 1.

    What must hold:
        - The decay is not a part of the gradient: m and v do not see it.
        - The parameter is changed in place; which ones decay is decided elsewhere.

    Args:
        parameter: any shape.
        gradient: of the same shape.
        state: empty before the first step; what is put there is there at the next.
        learning_rate: of this step.
        weight_decay: 0 for biases and LayerNorms.
    """
    raise NotImplementedError
