"""config.json ↔ BertConfig; what cannot be a BERT is refused by name."""

from dataclasses import fields
from typing import Any

from scratch_bert.config import BertConfig
from scratch_bert.errors import CheckpointError

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


def config_from_values(values: dict[str, Any]) -> BertConfig:
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
    if values.get("model_type", "bert") != "bert":
        raise CheckpointError(f"model_type is {values['model_type']!r}, expected 'bert'")
    if values.get("chunk_size_feed_forward"):
        raise CheckpointError(
            f"chunk_size_feed_forward is {values['chunk_size_feed_forward']!r}, expected 0; "
            "the feed-forward layer is not computed in chunks here"
        )
    taken = {name: value for name, value in values.items() if name in _KINDS}
    labels = taken.get("id2label") or {}
    if taken.get("num_labels", len(labels)) != len(labels):
        taken["id2label"] = None  # HF: the number counts, and names that do not fit it go
    config = BertConfig(**taken, extra={n: v for n, v in values.items() if n not in _KINDS})
    pad, vocab = config.pad_token_id, config.vocab_size
    if pad is not None and not -vocab <= pad < vocab:
        raise CheckpointError(f"pad_token_id is {pad}, but vocab_size is {vocab}")
    return config


def config_values(config: BertConfig) -> dict[str, Any]:
    """Everything that belongs into config.json; HF reads it to the same configuration."""
    values = {f.name: getattr(config, f.name) for f in fields(config) if f.name != "extra"}
    del values["num_labels"]
    labels = config.id2label or {}
    values["id2label"] = {str(i): label for i, label in labels.items()}
    values["label2id"] = {label: i for i, label in labels.items()}
    return {**config.extra, "model_type": "bert", **values}


def _fits(value: object, kind: Any) -> bool:
    if isinstance(value, bool):
        return kind is bool
    if isinstance(value, int):
        return isinstance(value, kind) or isinstance(0.0, kind)
    return isinstance(value, kind)
