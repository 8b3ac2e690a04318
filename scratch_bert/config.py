"""The numbers that define one BERT, under the names HuggingFace gives them in config.json."""

import json
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self

from scratch_bert.errors import CheckpointError


@dataclass
class BertConfig:
    """Sizes and switches of a BERT; the defaults are bert-base-uncased (HF `BertConfig`).

    The paper (Devlin et al., 2018, section 3) writes L for `num_hidden_layers`, H for
    `hidden_size` and A for `num_attention_heads`: BERT-base is L=12, H=768, A=12.

    Attributes whose name does not say it all:
        intermediate_size: inner width of the feed-forward layer.
        layer_norm_eps: added to the variance, inside each LayerNorm's square root.
        pad_token_id: the embedding row that starts at zero and gets no gradient; None for none.
        is_decoder: attend to earlier positions only.
        add_cross_attention: a second attention in each layer, over an encoder's output.
        classifier_dropout: dropout before a classifier; None means `hidden_dropout_prob`.
        tie_word_embeddings: the MLM decoder shares the word embeddings' matrix.
        num_labels: outputs of a classifier; follows `id2label` where that is given.
        problem_type: "regression", "single_label_classification", "multi_label_classification",
            or None to tell from the labels.
        extra: what else stood in config.json; kept, and written back.
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
            self.id2label = {int(i): label for i, label in self.id2label.items()}
            self.num_labels = len(self.id2label)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Take what is known and keep the rest in `extra`; CheckpointError for a wrong value."""
        for name, value in values.items():
            if name in _KINDS and not _fits(value, _KINDS[name]):
                expected = getattr(_KINDS[name], "__name__", str(_KINDS[name]))
                raise CheckpointError(f"{name} is {value!r}, expected {expected}")
            if name in _RANGES and value not in _RANGES[name]:
                low, high = _RANGES[name][0], _RANGES[name][-1]
                raise CheckpointError(f"{name} is {value}, expected {low} to {high}")
        for i, label in (values.get("id2label") or {}).items():
            if not str(i).isdecimal() or not isinstance(label, str | int):
                raise CheckpointError(f"id2label has {i!r}: {label!r}, expected a number: a name")
        positions = values.get("position_embedding_type", "absolute")
        if positions != "absolute":
            raise CheckpointError(
                f"position_embedding_type is {positions!r}; BERT's is 'absolute' and no other is "
                "built here (transformers 5 ignores this entry and computes something else)"
            )
        taken = {name: value for name, value in values.items() if name in _KINDS}
        labels = taken.get("id2label") or {}
        if taken.get("num_labels", len(labels)) != len(labels):
            taken["id2label"] = None  # HF: the number counts, and names that do not fit it go
        config = cls(**taken, extra={n: v for n, v in values.items() if n not in _KINDS})
        pad, vocab = config.pad_token_id, config.vocab_size
        if pad is not None and not -vocab <= pad < vocab:
            raise CheckpointError(f"pad_token_id is {pad}, but vocab_size is {vocab}")
        return config

    @classmethod
    def from_json(cls, path: Path) -> Self:
        """Read a config.json; CheckpointError where it is absent, damaged or wrong."""
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise CheckpointError(f"{path}: there is no such file") from None
        except OSError as error:
            raise CheckpointError(f"{path}: cannot be read: {error.strerror}") from None
        except (ValueError, RecursionError) as error:
            raise CheckpointError(f"{path}: not a JSON file: {error}") from None
        if not isinstance(values, dict):
            raise CheckpointError(f"{path}: holds a {type(values).__name__}, expected an object")
        try:
            return cls.from_dict(values)
        except CheckpointError as error:
            raise CheckpointError(f"{path}: {error}") from None

    def to_dict(self) -> dict[str, Any]:
        """Everything that belongs into config.json; HF reads it to the same configuration."""
        values = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "extra"}
        del values["num_labels"]
        labels = self.id2label or {}
        values["id2label"] = {str(i): label for i, label in labels.items()}
        values["label2id"] = {label: i for i, label in labels.items()}
        return {**self.extra, "model_type": "bert", **values}


# What config.json may hold under each name; JSON knows no integer keys, so only "a dict" is asked.
_KINDS: dict[str, Any] = {f.name: f.type for f in fields(BertConfig) if f.name != "extra"}
_KINDS["id2label"] = dict | None

# Far more than any BERT has, and few enough that a mistyped size cannot take all memory.
_RANGES = {
    "num_hidden_layers": range(1001),
    "num_labels": range(2**20 + 1),
    **dict.fromkeys(
        (
            "vocab_size",
            "hidden_size",
            "num_attention_heads",
            "intermediate_size",
            "max_position_embeddings",
            "type_vocab_size",
        ),
        range(1, 2**24 + 1),
    ),
}


def _fits(value: object, kind: Any) -> bool:
    if isinstance(value, bool):
        return kind is bool
    if isinstance(value, int):
        return isinstance(value, kind) or isinstance(0.0, kind)
    return isinstance(value, kind)
