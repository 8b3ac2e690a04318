"""Exercise residual. The book's: scratch_bert/model/feed_forward.py, `BertOutput`."""

from torch import Tensor, nn

from scratch_bert import BertConfig


class BertOutput(nn.Module):
    """LayerNorm(dropout(states W + b) + residual): the end of both halves of a layer.

    Vaswani et al., 2017, section 3.1. It stands after attention and after the feed-forward.

    Modules, under these names, which trained weights have:
        dense: nn.Linear, width to config.hidden_size.
        LayerNorm: nn.LayerNorm with config.layer_norm_eps.

    What must hold:
        - The norm comes after the sum ("post-LN").
        - In training, dropout drops config.hidden_dropout_prob, of the new and not of the residual.
    """

    def __init__(self, config: BertConfig, width: int) -> None:
        super().__init__()
        raise NotImplementedError

    def forward(self, states: Tensor, residual: Tensor) -> Tensor:
        """Return to the hidden width, and add what went into this half.

        Args:
            states: (batch, seq, width): the context, or the feed-forward's inner vectors.
            residual: (batch, seq, hidden).

        Returns:
            (batch, seq, hidden).
        """
        raise NotImplementedError
