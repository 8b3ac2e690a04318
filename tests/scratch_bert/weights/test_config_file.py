"""config.json in, config.json out; what is wrong with one is said, and where."""

import json

import pytest

from scratch_bert.config import BertConfig
from scratch_bert.errors import CheckpointError
from scratch_bert.weights.checkpoints import Checkpoint
from scratch_bert.weights.config_file import config_from_values, config_values


def read(folder, content):
    """Write a config.json, and read it."""
    written = content if isinstance(content, bytes) else json.dumps(content).encode()
    (folder / "config.json").write_bytes(written)
    return Checkpoint.of(folder).config


def test_defaults_are_bert_base():
    config = Checkpoint.of("builtin:bert-base").config
    assert {**vars(config), "extra": {}} == vars(BertConfig())


def test_what_is_written_is_read_again(tmp_path):
    values = {
        "hidden_size": 24,
        "hidden_dropout_prob": 0,
        "pad_token_id": None,
        "id2label": {"0": "no", "1": "yes", "2": "perhaps"},
        "gradient_checkpointing": False,
        "a_future_entry": {"deep": [1, None]},
    }
    config = read(tmp_path, values)
    assert config.num_labels == 3
    assert config.id2label == {0: "no", 1: "yes", 2: "perhaps"}
    written = config_values(config)
    assert values.items() <= written.items()
    assert written["label2id"] == {"no": 0, "yes": 1, "perhaps": 2}
    assert config_values(read(tmp_path, written)) == written


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ({}, ["LABEL_0", "LABEL_1"]),
        ({"num_labels": 3}, ["LABEL_0", "LABEL_1", "LABEL_2"]),
        ({"num_labels": 2, "id2label": {"0": "a", "1": "b"}}, ["a", "b"]),
        ({"num_labels": 1, "id2label": {"0": "a", "1": "b"}}, ["LABEL_0"]),
    ],
    ids=str,
)
def test_labels(values, labels):
    config = config_from_values(values)
    assert config.id2label == dict(enumerate(labels))
    assert config.num_labels == len(labels)


WRONG_VALUES = [
    ({"hidden_size": "768"}, "hidden_size is '768', expected int"),
    ({"hidden_size": True}, "hidden_size is True, expected int"),
    ({"hidden_size": 768.0}, "hidden_size is 768.0, expected int"),
    ({"hidden_size": None}, "hidden_size is None, expected int"),
    ({"hidden_size": -1}, "hidden_size is -1, expected 1 to"),
    ({"hidden_size": 10**400}, "hidden_size is 10{400}, expected 1 to"),
    ({"num_attention_heads": 0}, "num_attention_heads is 0, expected 1 to"),
    ({"num_hidden_layers": 10**9}, "num_hidden_layers is 10{9}, expected 0 to 1000"),
    ({"vocab_size": 0}, "vocab_size is 0"),
    ({"num_labels": 10**9}, "num_labels is 10{9}"),
    ({"pad_token_id": 97, "vocab_size": 97}, "pad_token_id is 97, but vocab_size is 97"),
    ({"tie_word_embeddings": 1}, "tie_word_embeddings is 1, expected bool"),
    ({"layer_norm_eps": "1e-12"}, "layer_norm_eps is '1e-12', expected float"),
    ({"classifier_dropout": []}, r"classifier_dropout is \[\], expected float \| None"),
    ({"id2label": ["no", "yes"]}, "id2label is .*, expected dict"),
    ({"id2label": {"first": "no"}}, "id2label has 'first': 'no', expected a number"),
    ({"id2label": {"0": ["no"]}}, r"id2label has '0': \['no'\], expected"),
    ({"position_embedding_type": "relative_key"}, "position_embedding_type is 'relative_key'"),
    ({"chunk_size_feed_forward": 2}, "chunk_size_feed_forward is 2, expected 0"),
    ({"model_type": "roberta"}, "model_type is 'roberta', expected 'bert'"),
]


@pytest.mark.parametrize(("values", "message"), WRONG_VALUES, ids=str)
def test_wrong_value_is_named_with_its_file(values, message, tmp_path):
    with pytest.raises(CheckpointError, match=f"config.json: {message}"):
        read(tmp_path, values)


@pytest.mark.parametrize("content", [b"", b'{"hidden_size": 76', b"[]"])
def test_damaged_file(content, tmp_path):
    with pytest.raises(CheckpointError, match=r"config.json(, line 1: not JSON|: holds a list)"):
        read(tmp_path, content)


def test_absent_and_unreadable_file(tmp_path):
    with pytest.raises(CheckpointError, match=r"config.json: there is no such file"):
        _ = Checkpoint.of(tmp_path).config
    (tmp_path / "config.json").mkdir()
    with pytest.raises(CheckpointError, match=r"config.json: cannot be read"):
        _ = Checkpoint.of(tmp_path).config
