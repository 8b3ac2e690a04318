"""Exercise encoder. The book's: scratch_bert/model/encoder.py, `BertEncoder`."""

from collections.abc import Sequence

from torch import Tensor, nn


class BertEncoder(nn.Module):
    """The layers, one after the other (Vaswani et al., 2017, section 3.1).

    Args:
        layers: layer(states, mask), (batch, seq, hidden); the first comes first.

    Modules, under these names, which trained weights have:
        layer: an nn.ModuleList of all of them.
    """

    def __init__(self, layers: Sequence[nn.Module]) -> None:
        super().__init__()
        raise NotImplementedError

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """Run all layers.

        Args:
            states: the embeddings, (batch, seq, hidden).
            mask: for each layer.

        Returns:
            What the last layer makes, (batch, seq, hidden).
        """
        raise NotImplementedError
