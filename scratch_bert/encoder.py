"""The stack of layers (Vaswani et al., 2017, section 3.1; BERT uses the encoder alone)."""

from jaxtyping import Float
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from scratch_bert.attention import Attention, BertAttention, KeyValueCache
from scratch_bert.config import BertConfig
from scratch_bert.feed_forward import BertIntermediate, BertOutput
from scratch_bert.outputs import BertModelOutput


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
        self,
        hidden_states: Float[Tensor, "batch seq hidden"],
        mask: Tensor | None,
        attention: Attention,
        encoder_hidden_states: Tensor | None = None,
        encoder_mask: Tensor | None = None,
        cache: KeyValueCache | None = None,
    ) -> tuple[Float[Tensor, "batch seq hidden"], Tensor | None, Tensor | None]:
        """Return the hidden states, and both attentions' probabilities where there are any."""
        attended, probabilities = self.attention(hidden_states, mask, attention, cache=cache)
        cross_probabilities = None
        if encoder_hidden_states is not None:
            attended, cross_probabilities = self.crossattention(
                attended, encoder_mask, attention, encoder_hidden_states, cache
            )
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
        self,
        hidden_states: Float[Tensor, "batch seq hidden"],
        mask: Tensor | None,
        attention: Attention,
        encoder_hidden_states: Tensor | None = None,
        encoder_mask: Tensor | None = None,
        cache: KeyValueCache | None = None,
        output_hidden_states: bool = False,
        output_attentions: bool = False,
    ) -> BertModelOutput:
        """Return the last layer's output, and what else was asked for.

        With gradient checkpointing, training keeps only each layer's input and computes the rest
        anew for the backward pass: less memory, more time, the same numbers.
        """
        states, probabilities, cross_probabilities = [], [], []
        for layer in self.layer:
            if output_hidden_states:
                states.append(hidden_states)
            inputs = hidden_states, mask, attention, encoder_hidden_states, encoder_mask, cache
            if self.gradient_checkpointing and self.training:
                hidden_states, own, cross = checkpoint(layer, *inputs, use_reentrant=False)
            else:
                hidden_states, own, cross = layer(*inputs)
            if output_attentions:
                probabilities.append(own)
                cross_probabilities.append(cross)
        has_cross = output_attentions and encoder_hidden_states is not None
        return BertModelOutput(
            last_hidden_state=hidden_states,
            hidden_states=(*states, hidden_states) if output_hidden_states else None,
            attentions=tuple(probabilities) if output_attentions else None,
            cross_attentions=tuple(cross_probabilities) if has_cross else None,
            past_key_values=cache,
        )
