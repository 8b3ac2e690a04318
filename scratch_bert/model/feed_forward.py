"""The second half of a layer: a two-layer network applied to each token's vector by itself."""

from jaxtyping import Float
from torch import Tensor, nn

from scratch_bert.config import BertConfig
from scratch_bert.model.activations import activation


class BertIntermediate(nn.Module):
    """Widen: gelu(x W₁ + b₁) (Vaswani et al., 2017, section 3.3, with ReLU; BERT uses GELU).

    It is four times as wide as the token's vector. Together with the way back (`BertOutput`) it has
    two thirds of a layer's weights.
    """

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.dense = nn.Linear(config.hidden_size, config.intermediate_size)
        self.activation = activation(config.hidden_act)

    def forward(
        self, hidden_states: Float[Tensor, "batch seq hidden"]
    ) -> Float[Tensor, "batch seq inner"]:
        """Return the activated inner vectors."""
        # Without a nonlinearity the two matrices of a layer would be one: x W₁ W₂ = x (W₁ W₂).
        return self.activation(self.dense(hidden_states))


class BertOutput(nn.Module):
    """Return to the hidden width and add what went in: LayerNorm(dropout(x W + b) + residual).

    It ends both halves of a layer (HF `BertSelfOutput` and `BertOutput`).
    """

    def __init__(self, config: BertConfig, width: int) -> None:
        super().__init__()
        self.dense = nn.Linear(width, config.hidden_size)
        self.LayerNorm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)

    def forward(
        self, states: Float[Tensor, "batch seq width"], residual: Float[Tensor, "batch seq hidden"]
    ) -> Float[Tensor, "batch seq hidden"]:
        """Return the normalized sum."""
        # The residual carries each token's vector through all layers, and gradients back. Each half
        # adds to it, then normalizes the sum ("post-LN"), as in the first Transformer. GPT-2 and
        # later models put the norm in front of each half, and such weights do not fit here.
        return self.LayerNorm(self.dropout(self.dense(states)) + residual)
