"""tokenizer.json's own steps; that the library reads what is written is tests/reference."""

from pathlib import Path

import pytest

from scratch_bert.errors import CheckpointError
from scratch_bert.tokenization.files.settings import TokenizerSettings
from scratch_bert.tokenization.files.tokenizer_json import (
    check_is_bert,
    direction,
    normalizer_flags,
    tokenizer_values,
)
from scratch_bert.tokenization.interface.add_tokens import with_special_tokens

PATH = Path("tokenizer.json")
SETTINGS = with_special_tokens(
    TokenizerSettings({token: i for i, token in enumerate(["[UNK]", "[CLS]", "[SEP]"])})
)


def test_what_is_written_is_bert():
    check_is_bert(tokenizer_values(SETTINGS), SETTINGS, PATH)
    assert normalizer_flags(tokenizer_values(SETTINGS), PATH) == (True, None, True)


def test_the_older_post_processor_is_bert():
    values = tokenizer_values(SETTINGS)
    values["post_processor"] = {"type": "BertProcessing", "sep": ["[SEP]", 2], "cls": ["[CLS]", 1]}
    check_is_bert(values, SETTINGS, PATH)
    values["post_processor"]["cls"] = ["[CLS]", 0]
    with pytest.raises(CheckpointError, match="post_processor"):
        check_is_bert(values, SETTINGS, PATH)


@pytest.mark.parametrize(
    ("step", "name", "value"),
    [
        ("normalizer", "clean_text", False),
        ("pre_tokenizer", "type", "Whitespace"),
        ("post_processor", "single", []),
        ("decoder", "cleanup", False),
        ("model", "continuing_subword_prefix", "@@"),
        ("model", "max_input_chars_per_word", 200),
        ("model", "unk_token", "[MASK]"),
    ],
)
def test_another_step_is_named(step, name, value):
    values = tokenizer_values(SETTINGS)
    values[step][name] = value
    with pytest.raises(CheckpointError, match=f"tokenizer.json: {step} "):
        check_is_bert(values, SETTINGS, PATH)


@pytest.mark.parametrize(
    "normalizer", [None, [], {}, {"lowercase": 1, "handle_chinese_chars": True}]
)
def test_another_normalizer_is_named(normalizer):
    with pytest.raises(CheckpointError, match="normalizer"):
        normalizer_flags({"normalizer": normalizer}, PATH)


@pytest.mark.parametrize("entry", [[], "Left", {"direction": "left"}, {"direction": []}])
def test_another_direction_is_named(entry):
    assert direction({"padding": {}}, "padding", PATH) == direction({}, "padding", PATH) == "right"
    with pytest.raises(CheckpointError, match="padding is"):
        direction({"padding": entry}, "padding", PATH)
