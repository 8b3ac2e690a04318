"""Exercise feed-forward. The book's: scratch_bert/model/feed_forward.py, `BertIntermediate`."""

from torch import Tensor, nn

from scratch_bert import BertConfig


class BertIntermediate(nn.Module):
    """gelu(x W + b), each token by itself (Vaswani et al., 2017, section 3.3, with GELU for ReLU).

    gelu(x) = x Φ(x) = x / 2 (1 + erf(x / √2)) (Hendrycks and Gimpel, 2016); the original code and
    HuggingFace's "gelu" take this formula, and not its approximation by tanh.

    Modules, under these names, which trained weights have:
        dense: nn.Linear, config.hidden_size to config.intermediate_size.
    """

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        raise NotImplementedError

    def forward(self, states: Tensor) -> Tensor:
        """Widen each vector, and bend it.

        Args:
            states: (batch, seq, hidden).

        Returns:
            (batch, seq, intermediate).
        """
        raise NotImplementedError
