"""From ids to vectors: word + segment + position, then LayerNorm."""

from jaxtyping import Float, Integer
from torch import Tensor, nn

from scratch_bert.config import BertConfig
from scratch_bert.model.interface.shape_checks import completed_inputs


class BertEmbeddings(nn.Module):
    """The sum of three tables, normalized (paper: section 3, figure 2).

    x = dropout(LayerNorm(word[input_ids] + segment[token_type_ids] + position[position_ids]))

    The LayerNorm and the dropout are in the original, not in the paper's figure. The sum is taken
    in this order because another one changes the last bits.

    >>> import torch
    >>> embed = BertEmbeddings(BertConfig(hidden_size=8)).eval()
    >>> first, second = embed(torch.tensor([[2003, 2003]]))[0]  # "is is"
    >>> torch.equal(first, second)  # the same word, at other positions
    False
    """

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        width = config.hidden_size
        self.word_embeddings = nn.Embedding(config.vocab_size, width, config.pad_token_id)
        self.position_embeddings = nn.Embedding(config.max_position_embeddings, width)
        self.token_type_embeddings = nn.Embedding(config.type_vocab_size, width)
        self.LayerNorm = nn.LayerNorm(width, eps=config.layer_norm_eps)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)

    def forward(
        self,
        input_ids: Integer[Tensor, "batch seq"] | None,
        token_type_ids: Integer[Tensor, "batch seq"] | None = None,
        position_ids: Integer[Tensor, "#batch seq"] | None = None,
        inputs_embeds: Float[Tensor, "batch seq hidden"] | None = None,
        past_length: int = 0,
    ) -> Float[Tensor, "batch seq hidden"]:
        """Embed a batch.

        Args:
            input_ids: words; None where `inputs_embeds` takes their place.
            token_type_ids: segments, 0 for sentence A and 1 for B; all 0 if None.
            position_ids: positions; `past_length`, `past_length` + 1, … if None.
            inputs_embeds: word vectors already looked up.
            past_length: tokens before these that a decoder has cached.

        Raises:
            ValueError: exactly one of `input_ids` and `inputs_embeds` is needed; an id is outside
                its table; the sequence is longer than there are positions.
        """
        # Fill in what is None, and check every id against its table.
        token_type_ids, position_ids = completed_inputs(
            self, input_ids, token_type_ids, position_ids, inputs_embeds, past_length
        )
        words = self.word_embeddings(input_ids) if inputs_embeds is None else inputs_embeds
        summed = words + self.token_type_embeddings(token_type_ids)  # (batch, seq, hidden)
        # Attention has no notion of order: without positions, BERT would read a bag of words. They
        # are learned, where Vaswani et al. have sines, so there are none beyond the last.
        summed = summed + self.position_embeddings(position_ids)
        return self.dropout(self.LayerNorm(summed))
