"""Exercise embeddings. The book's: scratch_bert/model/embeddings.py."""

from torch import Tensor, nn

from scratch_bert import BertConfig


class BertEmbeddings(nn.Module):
    """dropout(LayerNorm(word[input_ids] + segment[token_type_ids] + position[position_ids])).

    Paper: section 3, figure 2. The LayerNorm and the dropout are in the original code alone.

    Modules, under these names, which trained weights have:
        word_embeddings: nn.Embedding of config.vocab_size rows.
        position_embeddings: nn.Embedding of config.max_position_embeddings rows.
        token_type_embeddings: nn.Embedding of config.type_vocab_size rows.
        LayerNorm: nn.LayerNorm with config.layer_norm_eps.

    What must hold:
        - Rows are config.hidden_size long.
        - The word embedding of config.pad_token_id learns nothing (`padding_idx`).
        - In training, dropout drops config.hidden_dropout_prob of the numbers, after the LayerNorm.
    """

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        raise NotImplementedError

    def forward(self, input_ids: Tensor, token_type_ids: Tensor, position_ids: Tensor) -> Tensor:
        """Embed a batch.

        Args:
            input_ids: words, (batch, seq).
            token_type_ids: segments, 0 for sentence A and 1 for B, (batch, seq).
            position_ids: 0, 1, 2, … or others, (1 or batch, seq).

        Returns:
            (batch, seq, hidden).
        """
        raise NotImplementedError
