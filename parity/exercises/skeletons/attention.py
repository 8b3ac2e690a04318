"""Exercise attention. The book's: scratch_bert/model/attention.py."""

from torch import Tensor, nn

from scratch_bert import BertConfig


class BertSelfAttention(nn.Module):
    """softmax(Q Kᵀ / √head_dim + mask) V in each head (Vaswani et al., 2017, equation 1).

    Modules, under these names, which trained weights have:
        query, key, value: nn.Linear, hidden to hidden, with a bias.

    What must hold:
        - There are config.num_attention_heads heads. The first reads the first head_dim numbers of
          each query, key and value, the second the next ones; head_dim is hidden / heads.
        - The mask is added before the softmax, and each query's probabilities sum to 1.
        - In training, dropout drops config.attention_probs_dropout_prob of the probabilities.
        - The heads' results are joined in the order of the heads. No matrix comes after that here:
          it is in `attention.output`.
    """

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        raise NotImplementedError

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """Let every token look at every other.

        Args:
            states: (batch, seq, hidden).
            mask: (batch or 1, 1, 1, seq): 0 where a token may be looked at, and for padding a
                number so low that softmax makes 0 of it.

        Returns:
            The context, (batch, seq, hidden).
        """
        raise NotImplementedError
