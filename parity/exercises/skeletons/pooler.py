"""Exercise pooler. The book's: scratch_bert/model/pooler.py."""

from torch import Tensor, nn

from scratch_bert import BertConfig


class BertPooler(nn.Module):
    """tanh([CLS] W + b): one vector for the whole sequence, from its first token (original code).

    Modules, under these names, which trained weights have:
        dense: nn.Linear, hidden to hidden.
    """

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        raise NotImplementedError

    def forward(self, states: Tensor) -> Tensor:
        """Pool each sequence.

        Args:
            states: the last layer's, (batch, seq, hidden).

        Returns:
            (batch, hidden).
        """
        raise NotImplementedError
