"""Exercise layer. The book's: scratch_bert/model/encoder.py, `BertLayer`."""

from torch import Tensor, nn


class BertLayer(nn.Module):
    """Attention, then the feed-forward, each with its residual (Vaswani et al., 2017, figure 1).

    The parts are there; what is to be written is which reads what.

    Args:
        attention: attention(states, mask), with its own residual and norm.
        intermediate: intermediate(attended), (batch, seq, intermediate).
        output: output(inner, residual), (batch, seq, hidden); it adds the residual itself.

    Modules, under these names, which trained weights have: attention, intermediate, output.
    """

    def __init__(self, attention: nn.Module, intermediate: nn.Module, output: nn.Module) -> None:
        super().__init__()
        raise NotImplementedError

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """Compute a layer.

        Args:
            states: (batch, seq, hidden).
            mask: for the attention.

        Returns:
            (batch, seq, hidden).
        """
        raise NotImplementedError
