"""Special tokens by role, and what may be changed on a tokenizer."""

import pytest

from scratch_bert.tokenization import AddedToken, BertTokenizer, TokenizerSettings
from scratch_bert.tokenization.files.vocabulary import SPECIAL

WORDS = {word: i for i, word in enumerate([*SPECIAL, "a", "b", "<", ">"])}


@pytest.fixture
def tokenizer():
    return BertTokenizer(TokenizerSettings(WORDS, model_max_length=9))


def test_roles(tokenizer):
    assert (tokenizer.cls_token, tokenizer.cls_token_id) == ("[CLS]", 2)
    assert (tokenizer.bos_token, tokenizer.eos_token_id) == (None, None)
    assert tokenizer.added_tokens_decoder[4] == AddedToken("[MASK]", special=True)
    assert (tokenizer.max_len_single_sentence, tokenizer.max_len_sentences_pair) == (7, 6)
    assert tokenizer.vocab == tokenizer.get_vocab() == WORDS
    assert tokenizer.do_lower_case


@pytest.mark.parametrize("name", ["pad_token", "pad_token_id", "cls_token", "eos_token"])
def test_a_role_is_not_set_silently(tokenizer, name):
    with pytest.raises(AttributeError, match=f"{name} is set with add_special_tokens"):
        setattr(tokenizer, name, "[MASK]")


def test_a_role_is_given(tokenizer):
    assert tokenizer.add_special_tokens({"cls_token": "<c>", "pad_token": "[MASK]"}) == 1
    assert tokenizer.all_special_tokens == ["[UNK]", "[SEP]", "[MASK]", "<c>"]
    batch = tokenizer(["a", "a <c> b"], padding=True)
    assert batch["input_ids"] == [[9, 5, 3, 4, 4], [9, 5, 9, 6, 3]]
    assert tokenizer.decode([9, 5], skip_special_tokens=True) == "a"


def test_further_special_tokens(tokenizer):
    tokens = ["<x>", AddedToken("<Y>", lstrip=True)]
    assert tokenizer.add_special_tokens({"extra_special_tokens": tokens}) == 2
    assert tokenizer.all_special_tokens[-2:] == ["<x>", "<Y>"]
    assert tokenizer("a <Y>")["input_ids"] == [2, 5, 10, 3]
    with pytest.raises(ValueError, match="klass_token: no role of a token, expected one of bos"):
        tokenizer.add_special_tokens({"klass_token": "x"})
    with pytest.raises(ValueError, match="cls_token is empty, expected a token that can be found"):
        tokenizer.add_special_tokens({"cls_token": ""})
    assert tokenizer("a")["input_ids"] == [2, 5, 3]


def test_what_may_be_set_counts(tokenizer):
    tokenizer.model_input_names = ["input_ids"]
    tokenizer.split_special_tokens = True
    assert tokenizer("[MASK]").data == {"input_ids": [2, 1, 1, 1, 3]}
    tokenizer.clean_up_tokenization_spaces = True
    copy = BertTokenizer(tokenizer.settings)
    assert list(copy.model_input_names) == ["input_ids"]
    assert copy.clean_up_tokenization_spaces
    tokenizer.add_tokens("a b")
    assert tokenizer.split_special_tokens
