"""BERT without a head: ids in, one vector per token out."""

from jaxtyping import Float, Integer
from torch import Tensor

from scratch_bert.attention_plan import Attended, Attention, AttentionPlan, KeyValueCache, mask_for
from scratch_bert.checks import check_shape
from scratch_bert.config import BertConfig
from scratch_bert.embeddings import BertEmbeddings
from scratch_bert.encoder import BertEncoder
from scratch_bert.initialization import init_weights
from scratch_bert.outputs import BertModelOutput
from scratch_bert.pooler import BertPooler
from scratch_bert.pretrained import BertPreTrainedModel


class BertModel(BertPreTrainedModel):
    """Embeddings, encoder, pooler (paper: section 3; HF `BertModel`).

    Args:
        config: the sizes.
        add_pooling_layer: whether to make a `pooler_output`; heads that read every token do not.
    """

    def __init__(self, config: BertConfig, add_pooling_layer: bool = True) -> None:
        super().__init__(config)
        self.embeddings = BertEmbeddings(config)
        self.encoder = BertEncoder(config)
        self.pooler = BertPooler(config) if add_pooling_layer else None
        init_weights(self, config.initializer_range)

    def forward(
        self,
        input_ids: Integer[Tensor, "batch seq"] | None = None,
        attention_mask: Attended = None,
        token_type_ids: Integer[Tensor, "batch seq"] | None = None,
        position_ids: Integer[Tensor, "#batch seq"] | None = None,
        inputs_embeds: Float[Tensor, "batch seq hidden"] | None = None,
        encoder_hidden_states: Float[Tensor, "batch source hidden"] | None = None,
        encoder_attention_mask: Attended = None,
        past_key_values: KeyValueCache | None = None,
        use_cache: bool | None = None,
        output_hidden_states: bool = False,
        output_attentions: bool = False,
        attention: Attention | None = None,
    ) -> BertModelOutput:
        """Run a batch; `BertEmbeddings.forward` says what is embedded.

        `attention_mask` is 1 where a token may be looked at and 0 for padding, all 1 if None; with
        `past_key_values`, which a decoder extends in place, the cached tokens come first in it. The
        two `encoder_` arguments are what a decoder's cross-attention looks at. `use_cache` None
        means as in the configuration. `attention` is "eager" or "sdpa"; None means sdpa, but eager
        where attentions are asked for, since sdpa has none to show (HF returns an empty tuple).

        Raises:
            ValueError: a tensor's shape, an id or a length does not fit.
        """
        attention = attention or ("eager" if output_attentions else "sdpa")
        if attention not in ("eager", "sdpa"):
            raise ValueError(f"attention is {attention!r}, expected 'eager' or 'sdpa'")
        if attention == "sdpa" and output_attentions:
            raise ValueError("output_attentions needs attention='eager'; sdpa has none to show")
        is_decoder = self.config.is_decoder
        # Under gradient checkpointing a layer runs twice and would extend a cache twice.
        can_cache = is_decoder and not (self.training and self.encoder.gradient_checkpointing)
        wants_cache = self.config.use_cache if use_cache is None else use_cache
        if past_key_values is None and can_cache and wants_cache:
            past_key_values = KeyValueCache()
        past = 0 if past_key_values is None else past_key_values.length

        states = self.embeddings(input_ids, token_type_ids, position_ids, inputs_embeds, past)
        batch, seq, hidden = states.shape
        if attention_mask is not None:
            check_shape("attention_mask", attention_mask, (batch, past + seq))
        if encoder_hidden_states is not None:
            if not self.config.add_cross_attention:
                raise ValueError("encoder_hidden_states needs add_cross_attention in the config")
            expected = batch, encoder_hidden_states.shape[1], hidden
            check_shape("encoder_hidden_states", encoder_hidden_states, expected)
            if encoder_attention_mask is not None:
                check_shape("encoder_attention_mask", encoder_attention_mask, expected[:2])
        plan = AttentionPlan(
            attention,
            mask_for(attention, attention_mask, states, past if is_decoder else None),
            encoder_hidden_states,
            mask_for(attention, encoder_attention_mask, states),
            past_key_values,
        )
        output = self.encoder(states, plan, output_hidden_states, output_attentions)
        if self.pooler is not None:
            output.pooler_output = self.pooler(output.last_hidden_state)
        return output
