"""One vector for the whole sequence."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from scratch_bert.config import BertConfig


class BertPooler(nn.Module):
    """tanh([CLS] W + b): the last layer's first token, transformed (HF `pooler_output`).

    The paper (section 3) calls [CLS]'s last hidden state itself C and does not mention this
    layer; the original trains it with next-sentence prediction.
    """

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.dense = nn.Linear(config.hidden_size, config.hidden_size)

    def forward(
        self, hidden_states: Float[Tensor, "batch seq hidden"]
    ) -> Float[Tensor, "batch hidden"]:
        """Return the pooled vector of each sequence."""
        # Why the first token, [CLS]? It is not a word, and next-sentence prediction and classifiers
        # of texts read its vector alone. So training makes attention gather there what they need.
        return torch.tanh(self.dense(hidden_states[:, 0]))
