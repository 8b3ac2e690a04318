"""Exercise layer-norm. The book's is torch's: torch.nn.LayerNorm."""

from torch import Tensor, nn


class LayerNorm(nn.Module):
    """weight * (x - mean) / √(variance + eps) + bias (Ba et al., 2016, equation 4).

    Mean and variance are those of one token's vector. The variance is the mean of the squared
    differences: it is divided by hidden, not by hidden - 1.

    Parameters, under these names, which trained weights have:
        weight: (hidden), ones at first.
        bias: (hidden), zeros at first.

    What must hold:
        - No token's result depends on another token.
        - eps stands under the root. BERT's is 1e-12; torch's default is another.
    """

    def __init__(self, hidden: int, eps: float) -> None:
        super().__init__()
        raise NotImplementedError

    def forward(self, states: Tensor) -> Tensor:
        """Normalize each vector.

        Args:
            states: (batch, seq, hidden).

        Returns:
            (batch, seq, hidden).
        """
        raise NotImplementedError
