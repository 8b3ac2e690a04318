"""What a forward pass can do beyond BERT: faster attention, no padding, a decoder's cache."""

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, fields
from functools import partial
from inspect import Parameter, signature
from typing import Any, Literal, TypeVar, get_args

import torch
from jaxtyping import Bool, Float, Integer
from torch import Tensor

from scratch_bert.model.attention import additive_mask
from scratch_bert.model.decoder.cache import KeyValueCache
from scratch_bert.model.interface.attention_plan import (
    AttentionPlan,
    CrossAttentionPlan,
    Mask,
    sdpa_attention,
)
from scratch_bert.model.interface.shape_checks import check_mask, check_shape
from scratch_bert.model.outputs import BertModelOutput
from scratch_bert.model.packed.attention import packed_attention
from scratch_bert.model.packed.packing import Packing, packing_for

Attention = Literal["eager", "sdpa", "packed"]
Attended = Integer[Tensor, "batch _"] | Bool[Tensor, "batch _"] | None
States = Float[Tensor, "batch seq hidden"]
C = TypeVar("C", bound=Callable[..., Any])


@dataclass
class ForwardPlan:
    """One forward pass of `BertModel`, which takes all fields but `model` as keyword arguments.

    Attributes:
        model: the `BertModel`.
        inputs_embeds: word vectors that are already looked up, in place of `input_ids`.
        encoder_hidden_states: an encoder's output, which a decoder's cross-attention attends to.
        encoder_attention_mask: 1 where that output may be attended to, 0 for its padding.
        past_key_values: a decoder's cache, which is extended in place; its tokens come first in
            `attention_mask`.
        use_cache: whether a decoder makes a cache; None is the configuration's choice.
        output_hidden_states: return the embeddings and each layer's output.
        output_attentions: return each layer's attention probabilities; needs "eager".
        attention: "eager" computes the formula, "sdpa" calls torch's fused kernel, "packed" does
            not compute padding (`packed/packing.py`) and returns zeros there. None is "sdpa", or
            "eager" where attentions are asked for (HF returns an empty tuple).
        states_at: True where last hidden states are needed, None for everywhere. If packed, the
            last layer computes only these and what the pooler reads; the others are zeros.

    Raises:
        ValueError: an option does not fit the model or another option.
    """

    model: Any
    _: KW_ONLY
    inputs_embeds: States | None = None
    encoder_hidden_states: Float[Tensor, "batch source hidden"] | None = None
    encoder_attention_mask: Attended = None
    past_key_values: KeyValueCache | None = None
    use_cache: bool | None = None
    output_hidden_states: bool = False
    output_attentions: bool = False
    attention: Attention | None = None
    states_at: Bool[Tensor, "#batch #seq"] | None = None

    def __post_init__(self) -> None:
        self._choose_attention()
        self._choose_cache()
        self.mask: Mask = None
        self.packing: Packing | None = None  # of the batch
        self._left: Packing | None = None  # of what the last layer returns
        self._needed: Tensor | None = None
        self._encoder_mask: Mask = None
        self._states: list[Tensor] = []
        self._probabilities: dict[int, Tensor] = {}
        self._cross_probabilities: dict[int, Tensor] = {}

    @property
    def past_length(self) -> int:
        """Number of tokens in the cache."""
        return self.past_key_values.length if self.past_key_values else 0

    def hide_padding(self, attention_mask: Attended, states: States) -> None:
        """Make the mask of all layers, or find the tokens that are no padding.

        Raises:
            ValueError: a mask or an encoder's output does not fit.
        """
        batch, seq = states.shape[:2]
        is_decoder, attended = self.model.config.is_decoder, None
        if attention_mask is not None:
            attended = check_mask("attention_mask", attention_mask, (batch, self.past_length + seq))
        self._look_at_encoder(states)
        if self.attention == "packed":
            if attended is None:
                attended = states.new_ones(batch, seq, dtype=torch.bool)
            keep_first = self.model.pooler is not None
            self.packing = packing_for(attended, keep_first and not is_decoder)
            self._left = self.packing
            self._choose_states(keep_first, (batch, seq))
        else:
            past = self.past_length if is_decoder else None
            self.mask = mask_for(self.attention, attended, states, past)

    def pack(self, states: States) -> Float[Tensor, "_ _ hidden"]:
        """Leave padding out, if the batch is to be packed."""
        return self.packing.pack(states) if self.packing else states

    def layer(self, number: int, states: Float[Tensor, "_ _ hidden"]) -> AttentionPlan:
        """Return what a layer needs to know, and keep its input where it is asked for."""
        if self.output_hidden_states:
            self._states.append(states)
        cross, probabilities = None, self._probabilities if self.output_attentions else None
        if self.encoder_hidden_states is not None:
            cross = CrossAttentionPlan(
                mask=self._encoder_mask,
                kernel=self._kernel(packed=False, mask=self._encoder_mask),
                layer=number,
                cache=self.past_key_values,
                probabilities=self._cross_probabilities if self.output_attentions else None,
                source=self.encoder_hidden_states,
                packing=self.packing,
            )
        is_last = number == len(self.model.encoder.layer) - 1
        return AttentionPlan(
            mask=self.mask,
            kernel=self._kernel(packed=True, mask=self.mask, causal=self.model.config.is_decoder),
            layer=number,
            cache=self.past_key_values,
            needed=self._needed if is_last else None,
            probabilities=probabilities,
            cross=cross,
        )

    def unpack(self, states: Float[Tensor, "_ _ hidden"]) -> States:
        """Put padding back, as zeros, if the batch was packed."""
        return self._left.unpack(states) if self._left else states

    def output(self, states: States, pooled: Tensor | None) -> BertModelOutput:
        """Return the results, and what else was asked for."""
        has_cross = self.output_attentions and self.encoder_hidden_states is not None
        before = map(self.unpack, self._states)
        return BertModelOutput(
            last_hidden_state=states,
            pooler_output=pooled,
            hidden_states=(*before, states) if self.output_hidden_states else None,
            attentions=tuple(self._probabilities.values()) if self.output_attentions else None,
            cross_attentions=tuple(self._cross_probabilities.values()) if has_cross else None,
            past_key_values=self.past_key_values,
            packing=self._left,
        )

    def _choose_attention(self) -> None:
        if self.attention is None:
            self.attention = "eager" if self.output_attentions else "sdpa"
        if self.attention not in get_args(Attention):
            raise ValueError(
                f"attention is {self.attention!r}, expected 'eager', 'sdpa' or 'packed'"
            )
        if self.attention != "eager" and self.output_attentions:
            raise ValueError(
                f"output_attentions needs attention='eager'; {self.attention} has none to show"
            )

    def _choose_cache(self) -> None:
        if self.attention == "packed":
            if self.past_key_values is not None or self.use_cache:
                raise ValueError("attention='packed' has no cache; 'sdpa' and 'eager' have")
            return
        config, layers = self.model.config, self.model.encoder.layer
        wanted = config.use_cache if self.use_cache is None else self.use_cache
        # Under gradient checkpointing a layer runs twice, and would extend a cache twice.
        repeats = self.model.training and any(layer.gradient_checkpointing for layer in layers)
        if self.past_key_values is None and wanted and config.is_decoder and not repeats:
            self.past_key_values = KeyValueCache()

    def _look_at_encoder(self, states: States) -> None:
        """Check what cross-attention attends to, and make its mask."""
        source, mask = self.encoder_hidden_states, self.encoder_attention_mask
        if source is None:
            return
        if not self.model.config.add_cross_attention:
            raise ValueError("encoder_hidden_states needs add_cross_attention in the config")
        shape = states.shape[0], source.shape[1], states.shape[2]
        check_shape("encoder_hidden_states", source, shape)
        if mask is not None:
            attended = check_mask("encoder_attention_mask", mask, shape[:2])
            self._encoder_mask = mask_for(self.attention, attended, states)

    def _choose_states(self, keep_first: bool, shape: tuple[int, int]) -> None:
        """Find the tokens that are needed after the last layer's attention."""
        needs_all = self.output_hidden_states or self.encoder_hidden_states is not None
        if self.states_at is None or needs_all or not len(self.model.encoder.layer):
            return
        assert self.packing is not None
        check_shape("states_at", self.states_at, shape, (1, 1))
        self._needed, self._left = self.packing.chosen(self.states_at, keep_first=keep_first)

    def _kernel(self, *, packed: bool, mask: Mask, causal: bool = False) -> Any:
        if self.attention == "eager":
            return None
        if packed and self.packing is not None:
            return partial(packed_attention, packing=self.packing, causal=causal)
        return partial(sdpa_attention, mask=mask, causal=causal)


def with_options(forward: C) -> C:
    """Name the fields of `ForwardPlan` in place of `**options`, for `help` and torch.export."""
    given = signature(forward)
    named = (
        Parameter(field.name, Parameter.KEYWORD_ONLY, default=field.default, annotation=field.type)
        for field in fields(ForwardPlan)
        if field.kw_only
    )
    own = [*given.parameters.values()][:-1]
    forward.__signature__ = given.replace(parameters=[*own, *named])  # type: ignore[attr-defined]
    return forward


def mask_for(
    attention: Attention | None,
    attended: Bool[Tensor, "batch _"] | None,
    like: States,
    causal_past: int | None = None,
) -> Mask:
    """Turn what may be attended to (True; padding is False) into what the attention takes.

    Eager attention takes `additive_mask`; sdpa takes booleans. In a decoder, tokens attend to the
    `causal_past` tokens in the cache and, of `like`'s, to the earlier ones.

    Returns:
        (batch or 1, 1, query or 1, key); None where nothing is hidden, and for sdpa also where the
        kernel's own causal switch is enough, since without a mask it is faster.
    """
    if attended is not None and not torch.compiler.is_compiling() and bool(attended.all()):
        attended = None
    mask = None if attended is None else attended[:, None, None, :]  # (batch, 1, 1, key)
    if causal_past is not None:
        query = like.shape[1]
        if mask is None and attention != "eager" and (causal_past == 0 or query == 1):
            return None
        shape = query, causal_past + query
        earlier = torch.ones(shape, dtype=torch.bool, device=like.device).tril(causal_past)
        earlier = earlier[None, None]  # (1, 1, query, key)
        mask = earlier if mask is None else mask & earlier
    if mask is None or attention != "eager":
        return mask
    return additive_mask(mask, like.dtype)
