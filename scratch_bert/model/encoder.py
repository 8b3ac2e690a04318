"""The stack of layers (Vaswani et al., 2017, section 3.1; BERT uses the encoder alone)."""

from jaxtyping import Float
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from scratch_bert.config import BertConfig
from scratch_bert.model.attention import BertAttention, Left, Places
from scratch_bert.model.feed_forward import BertIntermediate, BertOutput
from scratch_bert.model.outputs import BertModelOutput
from scratch_bert.model.packed.plan import AttentionPlan

States = Float[Tensor, "batch seq hidden"]


class BertLayer(nn.Module):
    """Attention, then feed-forward; in a decoder with an encoder, cross-attention in between."""

    def __init__(self, config: BertConfig, layer: int = 0) -> None:
        super().__init__()
        self.attention = BertAttention(config, layer)
        if config.add_cross_attention:
            if not config.is_decoder:
                raise ValueError("add_cross_attention is set, so is_decoder must be too")
            self.crossattention = BertAttention(config, layer, is_cross=True)
        self.intermediate = BertIntermediate(config)
        self.output = BertOutput(config, config.intermediate_size)

    def forward(
        self, states: States, plan: AttentionPlan, only: Places = None
    ) -> tuple[Left, Tensor | None, Tensor | None]:
        """Return the states, and both attentions' probabilities where they are asked for.

        With `only`, the tokens at these places alone go on after attention.
        """
        attended, probabilities = self.attention(states, plan, only)
        cross_probabilities = None
        if plan.encoder_hidden_states is not None:
            attended, cross_probabilities = self.crossattention(attended, plan)
        return (
            self.output(self.intermediate(attended), attended),
            probabilities,
            cross_probabilities,
        )


class BertEncoder(nn.Module):
    """`num_hidden_layers` layers, one after the other."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.layer = nn.ModuleList(BertLayer(config, i) for i in range(config.num_hidden_layers))
        self.gradient_checkpointing = False

    def forward(
        self, states: States, plan: AttentionPlan, output_hidden_states: bool, only: Places = None
    ) -> BertModelOutput:
        """Return the last layer's output, of `only` some tokens if given, and what else is asked.

        With gradient checkpointing, training keeps only each layer's input and computes the rest
        anew for the backward pass: less memory, more time, the same numbers.
        """
        all_states, all_probabilities, all_cross = [], [], []
        for place, layer in enumerate(self.layer, 1):
            if output_hidden_states:
                all_states.append(states)
            given = states, plan, only if place == len(self.layer) else None
            if self.gradient_checkpointing and self.training:
                states, probabilities, cross = checkpoint(layer, *given, use_reentrant=False)
            else:
                states, probabilities, cross = layer(*given)
            if plan.output_attentions:
                all_probabilities.append(probabilities)
                all_cross.append(cross)
        has_cross = plan.output_attentions and plan.encoder_hidden_states is not None
        return BertModelOutput(
            last_hidden_state=states,
            hidden_states=(*all_states, states) if output_hidden_states else None,
            attentions=tuple(all_probabilities) if plan.output_attentions else None,
            cross_attentions=tuple(all_cross) if has_cross else None,
            past_key_values=plan.cache,
        )
