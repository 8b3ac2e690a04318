"""The configuration of a BERT: its sizes and switches, named as in HuggingFace's config.json."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class BertConfig:
    """Sizes and switches of a BERT; the defaults are bert-base-uncased (HF `BertConfig`).

    The paper (Devlin et al., 2018, section 3) writes L for `num_hidden_layers`, H for
    `hidden_size` and A for `num_attention_heads`: BERT-base is L=12, H=768, A=12.

    >>> BertConfig(num_labels=3).id2label
    {0: 'LABEL_0', 1: 'LABEL_1', 2: 'LABEL_2'}

    Attributes that need an explanation:
        intermediate_size: inner width of the feed-forward layer; 4 H in the paper.
        max_position_embeddings: the longest input.
        type_vocab_size: segments, A and B of a pair.
        layer_norm_eps: added to the variance, inside each LayerNorm's square root.
        initializer_range: standard deviation of fresh weights, which are normal with mean 0.
        pad_token_id: id of [PAD]; its embedding starts at zero and learns nothing from being looked
            up, only from a decoder that it is tied to. None: no id has such a row.
        is_decoder: attend to earlier positions only.
        add_cross_attention: a second attention in each layer, over an encoder's output.
        classifier_dropout: dropout before a classifier; None means `hidden_dropout_prob`.
        tie_word_embeddings: the MLM decoder shares the word embeddings' matrix.
        num_labels: number of a classifier's outputs; taken from `id2label` if that is given.
        problem_type: "regression", "single_label_classification" or "multi_label_classification";
            None infers it from the labels.
        extra: other entries of config.json; kept, and written back.
    """

    vocab_size: int = 30522
    hidden_size: int = 768
    num_hidden_layers: int = 12
    num_attention_heads: int = 12
    intermediate_size: int = 3072
    hidden_act: str = "gelu"
    hidden_dropout_prob: float = 0.1
    attention_probs_dropout_prob: float = 0.1
    max_position_embeddings: int = 512
    type_vocab_size: int = 2
    initializer_range: float = 0.02
    layer_norm_eps: float = 1e-12
    pad_token_id: int | None = 0
    is_decoder: bool = False
    add_cross_attention: bool = False
    use_cache: bool = True
    classifier_dropout: float | None = None
    tie_word_embeddings: bool = True
    num_labels: int = 2
    id2label: dict[int, str] | None = None
    problem_type: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.id2label is None:
            self.id2label = {i: f"LABEL_{i}" for i in range(self.num_labels)}
        else:
            # JSON has strings as keys, but the index of a logit is a number.
            self.id2label = {int(i): label for i, label in self.id2label.items()}
            self.num_labels = len(self.id2label)
