"""BERT without a head: ids in, one vector per token out."""

from typing import Any

from jaxtyping import Integer
from torch import Tensor

from scratch_bert.config import BertConfig
from scratch_bert.model.decoder.cross_attention import BertDecoderLayer
from scratch_bert.model.embeddings import BertEmbeddings
from scratch_bert.model.encoder import BertEncoder, BertLayer
from scratch_bert.model.interface.forward_plan import Attended, ForwardPlan, with_options
from scratch_bert.model.interface.pretrained import BertPreTrainedModel
from scratch_bert.model.outputs import BertModelOutput
from scratch_bert.model.pooler import BertPooler
from scratch_bert.weights.initialization import init_weights


class BertModel(BertPreTrainedModel):
    """Embeddings, encoder, pooler (paper: section 3; HF `BertModel`).

    >>> import torch
    >>> sizes = {"hidden_size": 8, "num_attention_heads": 2, "intermediate_size": 32}
    >>> ids = torch.tensor([[101, 7592, 102]])  # [CLS] hello [SEP]
    >>> output = BertModel(BertConfig(**sizes))(ids)
    >>> output.last_hidden_state.shape, output.pooler_output.shape
    (torch.Size([1, 3, 8]), torch.Size([1, 8]))

    Args:
        config: the sizes.
        add_pooling_layer: whether to make a `pooler_output`; heads that only read tokens need none.
    """

    def __init__(self, config: BertConfig, add_pooling_layer: bool = True) -> None:
        super().__init__(config)
        self.embeddings = BertEmbeddings(config)
        layer = BertDecoderLayer if config.add_cross_attention else BertLayer
        self.encoder = BertEncoder(config, layer)
        self.pooler = BertPooler(config) if add_pooling_layer else None
        init_weights(self, config.initializer_range)

    @with_options
    def forward(
        self,
        input_ids: Integer[Tensor, "batch seq"] | None = None,
        attention_mask: Attended = None,
        token_type_ids: Integer[Tensor, "batch seq"] | None = None,
        position_ids: Integer[Tensor, "#batch seq"] | None = None,
        **options: Any,
    ) -> BertModelOutput:
        """Run a batch.

        Args:
            input_ids: the tokens' numbers in the vocabulary.
            attention_mask: (batch, seq), 1 where a token may be attended to, 0 for padding; all 1
                if None.
            token_type_ids: segments, 0 for sentence A and 1 for B; all 0 if None.
            position_ids: positions; 0, 1, 2, … if None.
            options: fields of `ForwardPlan`, for what BERT itself does not need: other ways to
                compute attention, more results, BERT as a decoder. `with_options` names them in the
                signature.

        Raises:
            ValueError: a tensor's shape, an id or a length does not fit.
        """
        plan = ForwardPlan(self, **options)
        # Look up: what the word is, which sentence it is in, where it stands.
        states = self.embeddings(
            input_ids, token_type_ids, position_ids, plan.inputs_embeds, plan.past_length
        )  # (batch, seq, hidden)
        # Padding fills a batch up, and no token may attend to it. A mask, such as the one from
        # `additive_mask`, tells all layers so. ("packed" joins all texts to one row, unpadded.)
        plan.hide_padding(attention_mask, states)
        states = plan.pack(states)
        # Mix: in each layer every token takes from the others what it needs.
        states = plan.unpack(self.encoder(states, plan))  # (batch, seq, hidden)
        # One vector for the whole text, for the heads that classify it: [CLS], transformed.
        pooled = None if self.pooler is None else self.pooler(states)  # (batch, hidden)
        return plan.output(states, pooled)
