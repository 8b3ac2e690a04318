"""BERT without a head: ids in, one vector per token out."""

from typing import get_args

import torch
from jaxtyping import Bool, Float, Integer
from torch import Tensor

from scratch_bert.config import BertConfig
from scratch_bert.model.embeddings import BertEmbeddings
from scratch_bert.model.encoder import BertEncoder
from scratch_bert.model.interface.pretrained import BertPreTrainedModel
from scratch_bert.model.interface.shape_checks import check_mask, check_shape
from scratch_bert.model.outputs import BertModelOutput
from scratch_bert.model.packed.packing import packing_for
from scratch_bert.model.packed.plan import (
    Attended,
    Attention,
    AttentionPlan,
    KeyValueCache,
    mask_for,
)
from scratch_bert.model.pooler import BertPooler
from scratch_bert.weights.initialization import init_weights


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
        states_at: Bool[Tensor, "#batch #seq"] | None = None,
    ) -> BertModelOutput:
        """Run a batch; `BertEmbeddings.forward` says what is embedded.

        `attention_mask` is 1 where a token may be looked at and 0 for padding, all 1 if None; with
        `past_key_values`, which a decoder extends in place, the cached tokens come first in it. The
        two `encoder_` arguments are what a decoder's cross-attention looks at. `use_cache` None
        means as in the configuration. `attention` is "eager", "sdpa" or "packed", which does not
        compute padding (`packing.py`) and returns zeros there; None means sdpa, but eager where
        attentions are asked for, since the others have none to show (HF returns an empty tuple).
        `states_at` is True where last hidden states are needed (None: everywhere): packed, the last
        layer computes only these and what the pooler reads, and the others are zeros.

        Raises:
            ValueError: a tensor's shape, an id or a length does not fit.
        """
        attention = _chosen(attention, output_attentions)
        cache = self._cache(attention, past_key_values, use_cache)
        past = 0 if cache is None else cache.length
        states = self.embeddings(input_ids, token_type_ids, position_ids, inputs_embeds, past)
        batch, seq, hidden = states.shape
        seen = encoder_seen = packing = None
        if attention_mask is not None:
            seen = check_mask("attention_mask", attention_mask, (batch, past + seq))
        if encoder_hidden_states is not None:
            if not self.config.add_cross_attention:
                raise ValueError("encoder_hidden_states needs add_cross_attention in the config")
            expected = batch, encoder_hidden_states.shape[1], hidden
            check_shape("encoder_hidden_states", encoder_hidden_states, expected)
            if encoder_attention_mask is not None:
                name = "encoder_attention_mask"
                encoder_seen = check_mask(name, encoder_attention_mask, expected[:2])

        is_decoder = self.config.is_decoder
        encoder_mask = mask_for(attention, encoder_seen, states)
        if attention == "packed":
            seen = states.new_ones(batch, seq, dtype=torch.bool) if seen is None else seen
            packing = packing_for(seen, keep_first=self.pooler is not None and not is_decoder)
            mask, states = None, packing.pack(states)
        else:
            mask = mask_for(attention, seen, states, past if is_decoder else None)
        plan = AttentionPlan(
            attention, mask, encoder_hidden_states, encoder_mask, cache, packing, output_attentions
        )
        only, needs_all = None, output_hidden_states or encoder_hidden_states is not None
        if packing is not None and states_at is not None and not needs_all and self.encoder.layer:
            check_shape("states_at", states_at, (batch, seq), (1, 1))
            only, packing = packing.chosen(states_at, keep_first=self.pooler is not None)
        output = self.encoder(states, plan, output_hidden_states, only)
        if packing is not None:
            output = output.unpacked(packing)
        if self.pooler is not None:
            output.pooler_output = self.pooler(output.last_hidden_state)
        return output

    def _cache(
        self, attention: Attention, given: KeyValueCache | None, wanted: bool | None
    ) -> KeyValueCache | None:
        """The cache to extend, if there is to be one."""
        if attention == "packed":
            if given is not None or wanted:
                raise ValueError("attention='packed' has no cache; 'sdpa' and 'eager' have")
            return None
        # Under gradient checkpointing a layer runs twice and would extend a cache twice.
        repeats = self.training and self.encoder.gradient_checkpointing
        wanted = self.config.use_cache if wanted is None else wanted
        if given is None and wanted and self.config.is_decoder and not repeats:
            return KeyValueCache()
        return given


def _chosen(attention: Attention | None, output_attentions: bool) -> Attention:
    if attention is None:
        return "eager" if output_attentions else "sdpa"
    if attention not in get_args(Attention):
        raise ValueError(f"attention is {attention!r}, expected 'eager', 'sdpa' or 'packed'")
    if attention != "eager" and output_attentions:
        raise ValueError(f"output_attentions needs attention='eager'; {attention} has none to show")
    return attention
