"""What the attention of one layer needs to know besides the states; BERT itself: a mask."""

from collections.abc import Callable
from dataclasses import dataclass

import torch.nn.functional as F
from jaxtyping import Bool, Float, Integer
from torch import Tensor

from scratch_bert.model.decoder.cache import KeyValueCache, Split
from scratch_bert.model.packed.packing import Packing

Mask = Float[Tensor, "#batch 1 #query key"] | Bool[Tensor, "#batch 1 #query key"] | None


@dataclass(frozen=True, kw_only=True)
class AttentionPlan:
    """What one layer's attention needs to know.

    Attributes:
        mask: what "eager" adds to the scores (`additive_mask`), or for "sdpa" True where a token
            may be attended to; None where all may.
        kernel: takes the place of `eager_attention`, mask included; None for eager.
        layer: number of the layer.
        cache: a decoder's, which this layer extends.
        needed: places of the tokens that are needed after the attention; None for all.
        probabilities: layer → its probabilities; None where they are not asked for.
        cross: what a decoder's cross-attention needs to know; None without an encoder's output.
    """

    mask: Mask = None
    kernel: Callable[..., Tensor] | None = None
    layer: int = 0
    cache: KeyValueCache | None = None
    needed: Integer[Tensor, " chosen"] | None = None
    probabilities: dict[int, Tensor] | None = None
    cross: "CrossAttentionPlan | None" = None

    def with_cached(self, key: Split, value: Split) -> tuple[Split, Split]:
        """Put the cached keys and values of earlier tokens in front, and cache the new ones."""
        return self.cache.extend(self.layer, key, value) if self.cache else (key, value)

    def show(self, probabilities: Tensor) -> None:
        """Keep the probabilities where they are asked for, of a checkpointed layer's first run."""
        if self.probabilities is not None:
            self.probabilities.setdefault(self.layer, probabilities)

    def only_needed(self, *states: Tensor) -> tuple[Tensor, ...]:
        """Leave out the tokens that no later layer needs."""
        if self.needed is None:
            return states
        return tuple(each.index_select(1, self.needed) for each in states)


@dataclass(frozen=True, kw_only=True)
class CrossAttentionPlan(AttentionPlan):
    """What one layer's cross-attention needs to know.

    Attributes:
        source: an encoder's output.
        packing: of the decoder's own states, if they are packed.
    """

    source: Float[Tensor, "batch source hidden"]
    packing: Packing | None = None

    def unpack(self, states: Tensor) -> Tensor:
        """Return the decoder's states with padding."""
        return self.packing.unpack(states) if self.packing else states

    def pack(self, states: Tensor) -> Tensor:
        """Return the decoder's states as they came."""
        return self.packing.pack(states) if self.packing else states


def sdpa_attention(
    query: Split, key: Split, value: Split, *, mask: Mask, dropout: float, causal: bool
) -> Split:
    """`eager_attention` in one call of torch, which never holds all probabilities at once."""
    causal = causal and mask is None and query.size(2) > 1
    # torch's own scale, 1 / sqrt(d), is another float64 than HF's d**-0.5.
    return F.scaled_dot_product_attention(
        query, key, value, mask, dropout, causal, scale=query.size(-1) ** -0.5
    )
