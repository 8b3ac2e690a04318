"""Special tokens, pairs, padding and truncation; text back from ids."""

import json

import pytest

from scratch_bert.errors import CheckpointError
from scratch_bert.tokenization.tokenizer import BertTokenizer
from scratch_bert.tokenization.vocabulary import SPECIAL

WORDS = [*SPECIAL, "un", "##aff", "##able", "a", "b", "!"]


@pytest.fixture
def tokenizer():
    return BertTokenizer({word: i for i, word in enumerate(WORDS)}, max_length=6)


def ids(*words):
    return [WORDS.index(word) for word in words]


def test_a_single_text(tokenizer):
    assert tokenizer("Unaffable!") == {
        "input_ids": [ids("[CLS]", "un", "##aff", "##able", "!", "[SEP]")],
        "token_type_ids": [[0] * 6],
        "attention_mask": [[1] * 6],
    }


def test_a_pair(tokenizer):
    encoded = tokenizer("a", "b b")
    assert encoded["input_ids"] == [ids("[CLS]", "a", "[SEP]", "b", "b", "[SEP]")]
    assert encoded["token_type_ids"] == [[0, 0, 0, 1, 1, 1]]


@pytest.mark.parametrize("side", ["right", "left"])
def test_padding(tokenizer, side):
    encoded = tokenizer(["a", "a b"], padding_side=side)
    short = ids("[CLS]", "a", "[SEP]")
    padded = [*short, 0] if side == "right" else [0, *short]
    assert encoded["input_ids"][0] == padded
    assert encoded["attention_mask"][0] == [int(i != 0) for i in padded]
    assert encoded["token_type_ids"][0] == [0] * 4


def test_truncation(tokenizer):
    assert tokenizer("a b a b a b a", truncation=True)["input_ids"] == [
        ids("[CLS]", "a", "b", "a", "b", "[SEP]")
    ]
    assert len(tokenizer("a " * 9)["input_ids"][0]) == 11  # not unless asked


@pytest.mark.parametrize(
    ("first", "second", "max_length", "lengths"),
    [(5, 2, 8, (3, 2)), (2, 5, 8, (2, 3)), (5, 5, 8, (2, 3)), (6, 5, 8, (3, 2)), (1, 1, 9, (1, 1))],
)
def test_the_longer_of_a_pair_is_shortened(tokenizer, first, second, max_length, lengths):
    _, segments = tokenizer.encode("a " * first, "b " * second, max_length)
    assert (segments.count(0) - 2, segments.count(1) - 1) == lengths


def test_special_tokens_in_the_text(tokenizer):
    assert tokenizer.tokenize("a [MASK]b [mask]") == ["a", "[MASK]", "b"] + ["[UNK]"] * 3


def test_texts_without_a_word(tokenizer):
    assert tokenizer(["", "a"])["attention_mask"] == [[1, 1, 0], [1, 1, 1]]
    assert tokenizer([]) == {"input_ids": [], "token_type_ids": [], "attention_mask": []}


def test_pairs_must_be_as_many(tokenizer):
    with pytest.raises(ValueError, match="there are 2 texts but 1 pairs"):
        tokenizer(["a", "b"], ["a"])


@pytest.mark.parametrize(
    ("texts", "options", "message"),
    [
        ("a", {"max_length": 1}, "max_length is 1, expected at least 2"),
        ("a", {"pairs": "b", "max_length": 2}, "max_length is 2, expected at least 3"),
        ("a", {"padding_side": "links"}, "padding_side is 'links', expected 'left' or 'right'"),
        ([("a", "b")], {}, r"\('a', 'b'\) is a tuple, expected a text; second texts go in pairs"),
    ],
)
def test_what_cannot_be_meant_is_refused(tokenizer, texts, options, message):
    with pytest.raises(ValueError, match=message):
        tokenizer(texts, **options)


def test_a_length_alone_shortens(tokenizer):
    assert len(tokenizer("a " * 9, max_length=5)["input_ids"][0]) == 5


def test_decoding(tokenizer):
    row = tokenizer("Unaffable a!")["input_ids"][0]
    assert tokenizer.decode(row) == "[CLS] unaffable a ! [SEP]"
    assert tokenizer.decode(row, skip_special_tokens=True) == "unaffable a !"
    assert tokenizer.tokens(row)[1:3] == ["un", "##aff"]


def write(folder, **config):
    (folder / "vocab.txt").write_text("\n".join([*SPECIAL, "A", "a"]))
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    return BertTokenizer.from_pretrained(folder)


def test_settings_come_from_the_checkpoint(tmp_path):
    assert write(tmp_path).tokenize("A") == ["a"]
    assert write(tmp_path, do_lower_case=False).tokenize("A") == ["A"]
    assert write(tmp_path, model_max_length=7).max_length == 7
    assert write(tmp_path, model_max_length=1e30).max_length == 10**9


def test_a_damaged_configuration_is_named(tmp_path):
    write(tmp_path)
    (tmp_path / "tokenizer_config.json").write_text("{")
    with pytest.raises(CheckpointError, match=r"tokenizer_config\.json: not a JSON file"):
        BertTokenizer.from_pretrained(tmp_path)
