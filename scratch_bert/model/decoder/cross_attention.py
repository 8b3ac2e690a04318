"""A decoder's layer: between its two halves, each token attends to an encoder's output."""

from jaxtyping import Float
from torch import Tensor

from scratch_bert.config import BertConfig
from scratch_bert.model.attention import BertAttention, BertSelfAttention
from scratch_bert.model.encoder import BertLayer
from scratch_bert.model.interface.attention_plan import AttentionPlan, CrossAttentionPlan

States = Float[Tensor, "batch seq hidden"]


class BertCrossAttention(BertSelfAttention):
    """Self-attention whose keys and values are an encoder's (HF `BertCrossAttention`)."""

    def forward(self, states: States, plan: AttentionPlan) -> States:
        """Return the context. An encoder's output is not packed, so the queries may not be."""
        assert isinstance(plan, CrossAttentionPlan)
        query = self.split_heads(self.query(plan.unpack(states)))
        cached = plan.cache.encoder if plan.cache else {}
        if plan.layer not in cached:
            key, value = (self.split_heads(part(plan.source)) for part in (self.key, self.value))
            if plan.cache:  # as in `KeyValueCache.extend`
                key, value = key.contiguous(), value.contiguous()
            cached[plan.layer] = key, value
        return plan.pack(self.attend(query, *cached[plan.layer], plan))


class BertDecoderLayer(BertLayer):
    """A layer with cross-attention (HF `BertLayer` of a config with `add_cross_attention`)."""

    def __init__(self, config: BertConfig) -> None:
        if not config.is_decoder:
            raise ValueError("add_cross_attention is set, so is_decoder must be too")
        super().__init__(config)
        self.crossattention = BertAttention(config, BertCrossAttention)
        # Initial weights are drawn in the order of the modules; HF draws the second half's last.
        for half in ("intermediate", "output"):
            self._modules[half] = self._modules.pop(half)

    def forward(self, states: States, plan: AttentionPlan) -> States:
        """Return the layer's output, without cross-attention where there is no encoder output."""
        attended = self.attention(states, plan)
        if plan.cross is not None:
            attended = self.crossattention(attended, plan.cross)
        return self.output(self.intermediate(attended), attended)
