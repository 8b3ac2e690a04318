"""What a tokenizer is from call to call: added tokens, saved and loaded; copies."""

import copy
import pickle

import pytest

from scratch_bert.errors import CheckpointError
from scratch_bert.tokenization import AddedToken, BertTokenizer, TokenizerSettings

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "un", "##aff", "##able", "a", "b", "!", "x"]
SETTINGS = TokenizerSettings({word: i for i, word in enumerate(WORDS)})
UNK, CLS, SEP, A, B = 1, 2, 3, 8, 9


def test_added_tokens(tmp_path):
    tokenizer = BertTokenizer(SETTINGS)
    assert tokenizer.add_tokens("Néw") == 1
    assert tokenizer.add_tokens(["Néw", "b", AddedToken("<y>", lstrip=True, normalized=False)]) == 2
    assert tokenizer.add_tokens(["<s>", AddedToken("<t>")], special_tokens=True) == 2
    assert len(tokenizer) == 16
    text = "anewbb  <y> <Y><s>"
    expected = [A, 12, B, B, 13, UNK, UNK, UNK, 14]
    assert tokenizer(text, add_special_tokens=False)["input_ids"] == expected
    assert tokenizer.tokenize(text)[1] == "new"
    assert tokenizer.decode([14, 15, 12, A], skip_special_tokens=True) == "new a"
    tokenizer.padding_side = "left"
    tokenizer.add_tokens("later")
    assert tokenizer.padding_side == "left"
    tokenizer.truncation_side, tokenizer.model_max_length = "left", 5
    assert tmp_path / "tokenizer.json" in tokenizer.save_pretrained(tmp_path)
    loaded = BertTokenizer.from_pretrained(tmp_path)
    assert loaded.settings == tokenizer.settings
    assert [loaded.padding_side, loaded.truncation_side] == ["left", "left"]
    assert loaded.model_max_length == 5
    assert loaded(text, truncation=True)["input_ids"] == [CLS, *expected[-3:], SEP]
    assert loaded.get_added_vocab() == tokenizer.get_added_vocab()


def test_a_token_of_which_nothing_is_left_changes_nothing(tmp_path):
    tokenizer = BertTokenizer(SETTINGS)
    tokenizer.add_tokens(AddedToken("\u0301", normalized=False))
    before = tokenizer("x\u0301 new").data
    with pytest.raises(ValueError, match="nothing is left of the added token"):
        tokenizer.add_tokens(["new", "\u0323"])
    assert tokenizer("x\u0301 new").data == before
    assert len(tokenizer) == 13

    tokenizer.save_pretrained(tmp_path)
    for path in (tmp_path / "tokenizer.json", tmp_path / "tokenizer_config.json"):
        text = path.read_text()
        path.write_text(text.replace('"normalized": false', '"normalized": true'))
    with pytest.raises(CheckpointError, match=f"{tmp_path}: nothing is left of the added token"):
        BertTokenizer.from_pretrained(tmp_path)


def test_copies():
    tokenizer = BertTokenizer(SETTINGS)
    for other in (copy.deepcopy(tokenizer), pickle.loads(pickle.dumps(tokenizer))):  # noqa: S301
        assert other("Unaff [MASK]").data == tokenizer("Unaff [MASK]").data
    assert copy.deepcopy(tokenizer("Unaff")).tokens() == ["[CLS]", "un", "##aff", "[SEP]"]


def test_a_batch_goes_to_another_process():
    tokenizer = BertTokenizer(SETTINGS)
    batch = pickle.loads(pickle.dumps(tokenizer(["Unaff", "a"])))  # noqa: S301
    assert batch.tokens() == ["[CLS]", "un", "##aff", "[SEP]"]


def test_names_of_the_reference_are_understood(tmp_path):
    BertTokenizer(SETTINGS).save_pretrained(tmp_path)
    cased = BertTokenizer.from_pretrained(
        tmp_path, do_lower_case=False, tokenize_chinese_chars=False
    )
    assert (cased.settings.lowercase, cased.settings.split_cjk) == (False, False)
    assert cased.add_special_tokens({"additional_special_tokens": ["<u>"]}) == 1
    assert cased.tokenize("a<u>") == ["a", "<u>"]
