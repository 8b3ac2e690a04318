"""The stack of layers (Vaswani et al., 2017, section 3.1; BERT uses the encoder alone)."""

from jaxtyping import Float
from torch import Tensor, nn

from scratch_bert.config import BertConfig
from scratch_bert.model.attention import BertAttention, Needed
from scratch_bert.model.feed_forward import BertIntermediate, BertOutput
from scratch_bert.model.interface.attention_plan import AttentionPlan
from scratch_bert.model.interface.checkpointed import Checkpointed
from scratch_bert.model.interface.forward_plan import ForwardPlan

States = Float[Tensor, "batch seq hidden"]


class BertLayer(Checkpointed):
    """Attention, then feed-forward (paper: section 3; Vaswani et al., 2017, figure 1).

    Only attention moves anything from one token to another; feed-forward treats each by itself.
    `Checkpointed` can save memory in training: it computes the layer again for the backward pass.
    """

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.attention = BertAttention(config)
        self.intermediate = BertIntermediate(config)
        self.output = BertOutput(config, config.intermediate_size)

    def forward(self, states: States, plan: AttentionPlan) -> Needed:
        """Return the layer's output."""
        attended = self.attention(states, plan)
        # Each half adds its input to its result (the residual): here what attention has returned.
        return self.output(self.intermediate(attended), attended)


class BertEncoder(nn.Module):
    """`num_hidden_layers` layers, one after the other, each with weights of its own."""

    def __init__(self, config: BertConfig, layer: type[BertLayer] = BertLayer) -> None:
        super().__init__()
        self.layer = nn.ModuleList(layer(config) for _ in range(config.num_hidden_layers))

    def forward(self, states: States, plan: ForwardPlan) -> Needed:
        """Return the last layer's output."""
        for number, layer in enumerate(self.layer):
            # The plan keeps `states` if all hidden states are asked for.
            states = layer(states, plan.layer(number, states))
        return states
