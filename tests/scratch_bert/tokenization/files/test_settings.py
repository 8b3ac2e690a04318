"""The values a tokenizer is made of."""

import pickle
from dataclasses import FrozenInstanceError, replace

import pytest

from scratch_bert.tokenization.files.settings import NO_LIMIT, AddedToken, TokenizerSettings


@pytest.mark.parametrize(
    ("given", "normalized"),
    [
        ({}, True),
        ({"special": True}, False),
        ({"special": True, "normalized": True}, True),
        ({"normalized": False}, False),
    ],
)
def test_what_is_special_is_not_normalized_unless_told(given, normalized):
    assert AddedToken("x", **given).normalized is normalized


def test_an_added_token_is_a_value():
    token = AddedToken("x", lstrip=True)
    copy = pickle.loads(pickle.dumps(token))  # noqa: S301
    assert {token, copy, replace(token, rstrip=False)} == {token}
    assert copy.made_special() == AddedToken("x", lstrip=True, normalized=False, special=True)
    with pytest.raises(FrozenInstanceError):
        token.normalized = False


def test_roles_in_their_order():
    names = {"model_specific_special_tokens": {"img": "<i>"}, "eos_token": "</s>"}
    settings = TokenizerSettings({}, **names)
    assert list(settings.special_tokens_map.items()) == [
        ("eos_token", "</s>"),
        ("unk_token", "[UNK]"),
        ("sep_token", "[SEP]"),
        ("pad_token", "[PAD]"),
        ("cls_token", "[CLS]"),
        ("mask_token", "[MASK]"),
        ("img", "<i>"),
    ]
    assert settings.model_max_length == NO_LIMIT > 10**29
