"""Entries of tokenizer_config.json and special_tokens_map.json, and which counts."""

import json

import pytest

from scratch_bert.errors import CheckpointError
from scratch_bert.tokenization.files.settings import NO_LIMIT, AddedToken
from scratch_bert.tokenization.files.tokenizer_config import TokenizerConfig


def config(folder, values, special=None):
    (folder / "tokenizer_config.json").write_text(json.dumps(values))
    if special is not None:
        (folder / "special_tokens_map.json").write_text(json.dumps(special))
    return TokenizerConfig(folder)


def contents(declarations):
    return [declaration.token.content for declaration in declarations]


def test_special_tokens_map_counts_before_tokenizer_config(tmp_path):
    found = config(tmp_path, {"cls_token": "a"}, {"cls_token": {"content": "b", "lstrip": True}})
    token = AddedToken("b", lstrip=True, special=True)
    assert found.roles(has_defaults=True)["cls_token"].token == token
    assert "special_tokens_map.json" in found.where("cls_token")


def test_special_tokens_map_does_not_count_beside_a_decoder(tmp_path):
    found = config(tmp_path, {"cls_token": "a", "added_tokens_decoder": {}}, {"cls_token": "b"})
    assert found.roles(has_defaults=True)["cls_token"].token.content == "a"
    with pytest.raises(CheckpointError, match="unk_token is not given, expected a token's text"):
        found.roles(has_defaults=False)


@pytest.mark.parametrize(
    ("values", "special", "expected"),
    [
        ({"additional_special_tokens": ["a"]}, None, ["a"]),
        ({"additional_special_tokens": ["a"], "extra_special_tokens": []}, None, ["a"]),
        ({"additional_special_tokens": ["a"], "extra_special_tokens": {}}, None, ["a"]),
        ({"additional_special_tokens": ["a"], "extra_special_tokens": ["b"]}, None, ["b"]),
        ({"extra_special_tokens": ["b"]}, {"additional_special_tokens": ["a"]}, ["b"]),
        ({}, {"additional_special_tokens": ["a"]}, ["a"]),
        ({"extra_special_tokens": ["b"]}, {"extra_special_tokens": ["a", "b"]}, ["b", "a"]),
        ({"extra_special_tokens": None}, None, []),
    ],
)
def test_extra_special_tokens(tmp_path, values, special, expected):
    assert contents(config(tmp_path, values, special).extra()) == expected


@pytest.mark.parametrize(
    ("values", "special", "expected"),
    [
        ({"image_token": "i"}, None, {"image_token": "i"}),
        ({"image_token": "i", "extra_special_tokens": {"b": "j"}}, None, ["image_token", "b"]),
        ({"model_specific_special_tokens": {"b": "j"}}, None, {"b": "j"}),
        ({}, {"image_token": "i"}, {"image_token": "i"}),
        ({"a_token": "i"}, {"extra_special_tokens": {"b": "j"}}, ["a_token", "b"]),
        ({"add_bos_token": True}, None, {}),
    ],
)
def test_roles_of_other_names(tmp_path, values, special, expected):
    found = config(tmp_path, values, special).specific()
    assert list(found) == list(expected)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, NO_LIMIT),
        ({"model_max_length": None, "max_len": 7}, NO_LIMIT),
        ({"max_len": 7}, 7),
        ({"model_max_length": 512.0}, 512),
        ({"model_max_length": 1e30}, NO_LIMIT),
        ({"model_max_length": 10**400}, NO_LIMIT),
        ({"model_max_length": 1e21}, NO_LIMIT),
        ({"model_max_length": float("inf")}, NO_LIMIT),
    ],
)
def test_max_length(tmp_path, values, expected):
    assert config(tmp_path, values).max_length() == expected


@pytest.mark.parametrize("value", ["512", True, 0, -1, [], {}, 1.5, float("nan")])
def test_another_max_length_is_named(tmp_path, value):
    with pytest.raises(CheckpointError, match=r"tokenizer_config\.json: model_max_length is"):
        config(tmp_path, {"model_max_length": value}).max_length()
