"""Ids, tokens and texts, in every form they are asked for."""

import numpy as np
import pytest
import torch

from scratch_bert.tokenization import AddedToken, BertTokenizer, TokenizerSettings
from scratch_bert.tokenization.interface.batch_encoding import BatchEncoding

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "un", "##aff", "a", "'", "s", "!"]
VOCABULARY = {word: i for i, word in enumerate(WORDS)}
SPECIAL_IDS = [1, 3, 0, 2, 4, 11]  # in the order of the roles, then the others
TEXT = "[CLS] unaff! [SEP]"
ROW = [2, 5, 6, 10, 3]


def make(*added, **options):
    settings = TokenizerSettings(VOCABULARY, extra_special_tokens=("<e>",), **options)
    made = BertTokenizer(settings)
    made.add_tokens(added)
    return made


@pytest.fixture(scope="module")
def table():
    return make(AddedToken("NÉw"))


def test_sizes(table):
    assert (len(table), table.vocab_size) == (13, 11)
    assert len(make()) == 12
    assert len(make(AddedToken("a"))) == 12  # it has an id already


def test_special_tokens(table):
    names = ["[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]", "<e>"]
    assert table.all_special_tokens == names
    assert table.all_special_ids == SPECIAL_IDS
    assert [table.special_tokens_map[f"{role}_token"] for role in ("unk", "mask")] == names[:5:4]
    for i, role in enumerate(("pad", "unk", "cls", "sep", "mask")):
        assert getattr(table, f"{role}_token") == WORDS[i]
        assert getattr(table, f"{role}_token_id") == i


def test_a_special_token_of_two_roles_is_named_once():
    assert make(pad_token="[MASK]", bos_token="[CLS]").all_special_tokens == [  # noqa: S106
        "[CLS]",
        "[UNK]",
        "[SEP]",
        "[MASK]",
        "<e>",
    ]


def test_vocabularies(table):
    assert table.get_vocab() == {**VOCABULARY, "<e>": 11, "NÉw": 12}
    assert list(table.get_added_vocab().items()) == [
        *list(VOCABULARY.items())[:5],
        ("<e>", 11),
        ("NÉw", 12),
    ]
    table.get_vocab().clear()
    table.get_added_vocab().clear()
    assert len(table) == 13


def test_special_tokens_mask(table):
    mask = [1, 0, 0, 0, 1, 1]
    for row in ([*ROW, 11], np.array([*ROW, 11]), torch.tensor([*ROW, 11])):
        assert table.get_special_tokens_mask(row, already_has_special_tokens=True) == mask
    with pytest.raises(ValueError, match="or call the tokenizer with return_special_tokens_mask"):
        table.get_special_tokens_mask(ROW)


ROWS = [{"input_ids": [5, 6], "n": 1}, {"input_ids": [5], "n": 2}]


@pytest.mark.parametrize(
    ("options", "ids", "mask"),
    [
        ({}, [5, 0], [1, 0]),
        ({"padding": "longest", "pad_to_multiple_of": 3}, [5, 0, 0], [1, 0, 0]),
        ({"padding": "max_length", "max_length": 4}, [5, 0, 0, 0], [1, 0, 0, 0]),
        ({"padding_side": "left"}, [0, 5], [0, 1]),
        ({"padding": False}, [5], [1]),
        ({"return_attention_mask": False}, [5, 0], None),
    ],
)
def test_pad(table, options, ids, mask):
    padded = table.pad(ROWS, **options)
    assert (padded["input_ids"][1], padded["n"]) == (ids, [1, 2])
    assert (padded["attention_mask"][1] if "attention_mask" in padded else None) == mask
    assert table.pad({"input_ids": [[5, 6], [5]], "n": [1, 2]}, **options) == padded


def test_pad_every_column_it_knows(table):
    row = {"input_ids": [5], "attention_mask": [0], "token_type_ids": [1]}
    padded = table.pad({**row, "special_tokens_mask": [0], "labels": [7]}, "max_length", 2)
    assert padded.data == {
        "input_ids": [5, 0],
        "attention_mask": [0, 0],
        "token_type_ids": [1, 0],
        "special_tokens_mask": [0, 1],
        "labels": [7],
    }


def test_pad_as_the_attributes_say():
    table = make(pad_token="a", padding_side="left", model_input_names=("input_ids",))  # noqa: S106
    assert table.pad({"input_ids": [[5, 6], [5]]}).data == {"input_ids": [[5, 6], [7, 5]]}
    table.padding_side, table.model_max_length = "right", 3
    assert table.pad({"input_ids": [5]}, "max_length").data == {"input_ids": [5, 7, 7]}


def test_pad_to_tensors(table):
    padded = table.pad(ROWS, return_tensors="pt")
    assert padded["input_ids"].tolist() == [[5, 6], [5, 0]]
    with pytest.raises(ValueError, match="input_ids: rows have 1 to 2 tokens"):
        table.pad(ROWS, padding=False, return_tensors="np")
    with pytest.raises(ValueError, match="padding is 'x'"):
        table.pad(ROWS, "x")


def test_tokens_to_ids(table):
    assert table.convert_tokens_to_ids("##aff") == 6
    assert table.convert_tokens_to_ids("nothing") == 1
    assert table.convert_tokens_to_ids(["NÉw", "<e>", "un", "UN"]) == [12, 11, 5, 1]
    assert table.convert_tokens_to_ids([]) == []


def test_ids_to_tokens(table):
    assert table.convert_ids_to_tokens(6) == "##aff"
    assert table.convert_ids_to_tokens(99) is None
    assert table.convert_ids_to_tokens([2, 99, 5, 12]) == ["[CLS]", None, "un", "new"]
    assert table.convert_ids_to_tokens([2, 11, 5], skip_special_tokens=True) == ["un"]
    assert (
        table.convert_ids_to_tokens(2, skip_special_tokens=True) == "[CLS]"
    )  # one is never left out
    for row in (np.array([5, 6]), torch.tensor([5, 6]), (5, 6), iter([5, 6])):
        assert table.convert_ids_to_tokens(row) == ["un", "##aff"]


@pytest.mark.parametrize("ids", [-1, [5, -1], np.array([-1])])
def test_a_negative_id_is_nobodys(table, ids):
    with pytest.raises(ValueError, match="-1 is no id, expected 0 or more"):
        table.convert_ids_to_tokens(ids)


def test_tokens_to_text(table):
    assert table.convert_tokens_to_string(["un", "##aff", "!"]) == "unaff!"


@pytest.mark.parametrize(
    ("ids", "text"),
    [
        (5, "un"),
        (99, ""),
        ([], ""),
        (ROW, TEXT),
        (tuple(ROW), TEXT),
        (iter(ROW), TEXT),
        (range(5, 7), "unaff"),
        ([5, 99, 6], "unaff"),
        ([12, 11], "new <e>"),
        (np.array(ROW), TEXT),
        (np.int64(5), "un"),
        (list(np.array(ROW)), TEXT),
        (torch.tensor(ROW), TEXT),
        (torch.tensor(5), "un"),
        ({"input_ids": ROW}, TEXT),
        ([ROW, [5]], [TEXT, "un"]),
        ([[]], [""]),
        ([[], [5]], ["", "un"]),
        ([np.array(ROW), np.array([5])], [TEXT, "un"]),
        ([torch.tensor(ROW), torch.tensor([5])], [TEXT, "un"]),
        (torch.tensor([[5, 6], [5, 0]]), ["unaff", "un [PAD]"]),
        ({"input_ids": [[5], [6]]}, ["un", "##aff"]),
    ],
)
def test_decoding(table, ids, text):
    assert table.decode(ids) == text


@pytest.mark.parametrize(
    ("ids", "texts"), [([5, 6], ["unaff"]), ([[5], [6, 6]], ["un", "##affaff"]), (5, ["un"])]
)
def test_batch_decoding(table, ids, texts):
    assert table.batch_decode(ids) == texts


def test_special_tokens_are_left_out_where_asked(table):
    assert table.decode([*ROW, 11, 0], skip_special_tokens=True) == "unaff!"
    assert table.decode([ROW, ROW], skip_special_tokens=True) == ["unaff!", "unaff!"]
    assert table.batch_decode([ROW], skip_special_tokens=True) == ["unaff!"]
    assert make(AddedToken("a", special=True)).decode([7, 5], skip_special_tokens=True) == "un"


def test_a_special_token_that_is_normalized_is_not_left_out_where_that_changed_it():
    table = make(AddedToken("NÉ", special=True, normalized=True))
    assert table.decode([12, 2], skip_special_tokens=True) == "ne"


def test_clean_up_is_as_asked_or_as_the_checkpoint_says(table):
    row, raw, clean = [7, 8, 9, 5], "a ' s un", "a's un"
    tidy = make(clean_up_tokenization_spaces=True)
    assert [table.decode(row), tidy.decode(row)] == [raw, clean]
    assert table.decode(row, clean_up_tokenization_spaces=True) == clean
    assert tidy.decode(row, clean_up_tokenization_spaces=False) == raw
    assert table.decode([row], clean_up_tokenization_spaces=True) == [clean]
    assert table.batch_decode([row], clean_up_tokenization_spaces=True) == [clean]
    assert tidy.batch_decode([row]) == [clean]


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ([-1], "^-1 is no id, expected 0 or more$"),
        (-1, "^-1 is no id, expected 0 or more$"),
        ([5, None], "^None is no id$"),
        ([5, "un"], "^'un' is no id$"),
        ([5, [6]], r"^\[6\] is no id$"),
        ([[5], [5, -7]], "^-7 is no id"),
    ],
)
def test_what_is_no_id(table, ids, message):
    with pytest.raises(ValueError, match=message):
        table.decode(ids)


def test_what_a_call_returned(table):
    assert table.decode(BatchEncoding({"input_ids": ROW})) == TEXT


def test_ids_that_are_tensors_each(table):
    assert table.decode(list(torch.tensor(ROW))) == TEXT


def test_a_text_is_no_id(table):
    for text in ("5", "un", ["un"]):
        with pytest.raises(ValueError, match="is no id"):
            table.decode(text)
