"""Exercise mlm-head. The book's: scratch_bert/model/heads.py, `BertLMPredictionHead`."""

from torch import Tensor, nn

from scratch_bert import BertConfig


class BertPredictionHeadTransform(nn.Module):
    """LayerNorm(gelu(x W + b)): one more layer before the vocabulary (original code only).

    Modules, under these names, which trained weights have:
        dense: nn.Linear, hidden to hidden.
        LayerNorm: nn.LayerNorm with config.layer_norm_eps.
    """

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        raise NotImplementedError

    def forward(self, states: Tensor) -> Tensor:
        """Transform each vector, (batch, seq, hidden) to (batch, seq, hidden)."""
        raise NotImplementedError


class BertLMPredictionHead(nn.Module):
    """Score every entry of the vocabulary: transform(x) Eᵀ + b, where E are the word embeddings.

    Modules, under these names, which trained weights have:
        transform: the class above.
        decoder: nn.Linear, hidden to config.vocab_size; afterwards its weight is made the word
            embeddings', one tensor for both.
    """

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        raise NotImplementedError

    def forward(self, states: Tensor) -> Tensor:
        """Score.

        Args:
            states: the last layer's, (batch, seq, hidden).

        Returns:
            Logits, (batch, seq, vocab).
        """
        raise NotImplementedError
