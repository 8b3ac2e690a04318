"""BERT without a head: ids in, one vector per token out."""

from jaxtyping import Bool, Float, Integer
from torch import Tensor

from scratch_bert.attention import Attention, KeyValueCache, attention_mask_for
from scratch_bert.config import BertConfig
from scratch_bert.embeddings import BertEmbeddings, check_shape
from scratch_bert.encoder import BertEncoder
from scratch_bert.initialization import init_weights
from scratch_bert.outputs import BertModelOutput
from scratch_bert.pooler import BertPooler
from scratch_bert.pretrained import BertPreTrainedModel


class BertModel(BertPreTrainedModel):
    """Embeddings, encoder, pooler (paper: section 3; HF `BertModel`).

    Args:
        config: the sizes.
        add_pooling_layer: without it there is no `pooler_output`; heads that read every token
            have none.
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
        attention_mask: Integer[Tensor, "batch key"] | Bool[Tensor, "batch key"] | None = None,
        token_type_ids: Integer[Tensor, "batch seq"] | None = None,
        position_ids: Integer[Tensor, "#batch seq"] | None = None,
        inputs_embeds: Float[Tensor, "batch seq hidden"] | None = None,
        encoder_hidden_states: Float[Tensor, "batch encoder_seq hidden"] | None = None,
        encoder_attention_mask: Integer[Tensor, "batch encoder_seq"]
        | Bool[Tensor, "batch encoder_seq"]
        | None = None,
        past_key_values: KeyValueCache | None = None,
        use_cache: bool | None = None,
        output_hidden_states: bool = False,
        output_attentions: bool = False,
        attention: Attention | None = None,
    ) -> BertModelOutput:
        """Run a batch.

        Args:
            input_ids: tokens.
            attention_mask: 1 where a token may be looked at, 0 for padding; a decoder with a
                cache needs the cached tokens in front. All 1 if None.
            token_type_ids: segments, all 0 if None.
            position_ids: 0, 1, 2, … if None.
            inputs_embeds: word vectors instead of `input_ids`.
            encoder_hidden_states: what a decoder's cross-attention looks at.
            encoder_attention_mask: likewise `attention_mask` for those.
            past_key_values: a decoder's cache, extended in place.
            use_cache: whether a decoder returns one; as in the configuration if None.
            output_hidden_states: return every layer's output.
            output_attentions: return every layer's attention probabilities.
            attention: "eager" or "sdpa"; if None, sdpa, and eager where the probabilities are
                asked for, since sdpa does not have them (HF then returns an empty tuple).

        Raises:
            ValueError: a tensor's shape, an id or a length does not fit; see `BertEmbeddings`.
        """
        attention = attention or ("eager" if output_attentions else "sdpa")
        if attention not in ("eager", "sdpa"):
            raise ValueError(f"attention is {attention!r}, expected 'eager' or 'sdpa'")
        if attention == "sdpa" and output_attentions:
            raise ValueError("output_attentions needs attention='eager'; sdpa has no probabilities")
        for name, ids in {"input_ids": input_ids, "attention_mask": attention_mask}.items():
            if ids is not None and ids.dim() != 2:
                raise ValueError(f"{name} has shape {tuple(ids.shape)}, expected (batch, seq)")
        if past_key_values is None and self.wants_cache(use_cache):
            past_key_values = KeyValueCache()
        past = past_key_values.length if past_key_values is not None else 0

        embedded = self.embeddings(input_ids, token_type_ids, position_ids, inputs_embeds, past)
        batch, seq, _ = embedded.shape
        if attention_mask is not None:
            check_shape("attention_mask", attention_mask, (batch, past + seq))
        mask = attention_mask_for(
            attention,
            attention_mask,
            embedded.dtype,
            causal_shape=(seq, past + seq) if self.config.is_decoder else None,
            device=embedded.device,
        )
        encoder_mask = None
        if encoder_hidden_states is not None:
            self.check_encoder(encoder_hidden_states, encoder_attention_mask, batch)
            encoder_mask = attention_mask_for(attention, encoder_attention_mask, embedded.dtype)

        output = self.encoder(
            embedded,
            mask,
            attention,
            encoder_hidden_states,
            encoder_mask,
            past_key_values,
            output_hidden_states,
            output_attentions,
        )
        if self.pooler is not None:
            output.pooler_output = self.pooler(output.last_hidden_state)
        return output

    def wants_cache(self, use_cache: bool | None) -> bool:
        """Whether to collect keys and values; checkpointed layers run twice and must not."""
        wanted = self.config.use_cache if use_cache is None else use_cache
        recomputes = self.encoder.gradient_checkpointing and self.training
        return self.config.is_decoder and wanted and not recomputes

    def check_encoder(self, states: Tensor, mask: Tensor | None, batch: int) -> None:
        """Refuse an encoder's output that cross-attention cannot take."""
        if not self.config.add_cross_attention:
            raise ValueError(
                "encoder_hidden_states needs a decoder with cross-attention: "
                "set is_decoder and add_cross_attention in the configuration"
            )
        expected = (batch, states.shape[1], self.config.hidden_size)
        check_shape("encoder_hidden_states", states, expected)
        if mask is not None:
            check_shape("encoder_attention_mask", mask, expected[:2])
